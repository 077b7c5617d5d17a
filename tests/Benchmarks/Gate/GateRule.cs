namespace Praefect.Benchmarks.Gate;

/// <summary>A figure that must not grow: a ratio of two measurements of one run, or a count. Never a time, since machines differ.</summary>
/// <param name="What">What is compared with what.</param>
/// <param name="Bound">The largest value that passes: about twice what it is on the day it was set, so that noise passes and a doubled cost does not.</param>
/// <param name="Measure">Gives the figure for one repetition.</param>
internal sealed record GateRule(string What, double Bound, Func<GateRun, double> Measure);

/// <summary>One repetition of all loads.</summary>
/// <param name="ReadDirect">32 callers of an accessor on a node.</param>
/// <param name="Read">The same through the gateway.</param>
/// <param name="StreamDirect">8 callers that read blobs from a node.</param>
/// <param name="Stream">The same through the gateway.</param>
/// <param name="Write">32 callers of a mutator that three nodes vote on, through the gateway.</param>
internal sealed record GateRun(GateLoad ReadDirect, GateLoad Read, GateLoad StreamDirect, GateLoad Stream, GateLoad Write);

/// <summary>What a load cost.</summary>
/// <param name="Microseconds">Processor time a call, or a megabyte of a stream: of the node where it was asked directly, else of the gateway.</param>
/// <param name="Statements">Statements of the store a call.</param>
/// <param name="Errors">Calls that failed.</param>
internal sealed record GateLoad(double Microseconds, double Statements, long Errors);

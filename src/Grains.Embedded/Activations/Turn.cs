using Praefect.Grains.Embedded.Calls;

namespace Praefect.Grains.Embedded.Activations;

/// <summary>
/// One thing that an activation is asked to do and that runs from its start to its end, awaits included: a call, a timer's tick, its own
/// activation. It is also a link in the chain of calls by which deadlocks are seen.
/// </summary>
internal abstract class Turn : IThreadPoolWorkItem
{
    /// <summary>The turn whose code is running; flows with awaits.</summary>
    internal static readonly AsyncLocal<Turn?> Ambient = new();

    private Turn? _parent;

    protected Turn(Turn? parent)
    {
        // Ancestors that are over wait for nothing; keeping them would let a chain of unawaited calls grow for ever.
        while (parent is { Over: true }) parent = parent._parent;
        _parent = parent;
    }

    /// <summary>The turn that (most likely) waits for this one.</summary>
    internal Turn? Parent => _parent;

    internal Activation? Target { get; set; }

    // Links of the waiting or the running list of the target; guarded by its gate.
    internal Turn? Next { get; set; }

    internal Turn? Previous { get; set; }

    internal TurnList? List { get; set; }

    internal bool Over { get; private set; }

    internal virtual bool ReadOnly => false;

    internal virtual bool AlwaysInterleave => false;

    /// <summary>Counts against the bound of the queue.</summary>
    internal virtual bool Bounded => true;

    /// <summary>Counts as use of the activation.</summary>
    internal virtual bool KeepsAlive => true;

    /// <summary>The caller no longer wants it started.</summary>
    internal virtual bool Abandoned => false;

    /// <summary>In <see cref="TimeProvider.GetTimestamp"/>; after this the caller has its answer and the turn must not start.</summary>
    internal virtual long Deadline => long.MaxValue;

    internal virtual Guid ReentrancyId => Guid.Empty;

    /// <summary>Starts it; called on the scheduler of the target, which has counted it as running.</summary>
    public abstract void Execute();

    /// <summary>It will not run (any more): whoever waits gets this.</summary>
    internal abstract void Fail(Exception error);

    /// <summary>The deadline has passed.</summary>
    internal virtual void Expire() { }

    internal void End()
    {
        Over = true;
        _parent = null;
    }

    internal bool Descends(Turn from)
    {
        for (var turn = _parent; turn is not null; turn = turn._parent)
        {
            if (ReferenceEquals(turn, from)) return true;
        }

        return false;
    }

    internal string Chain()
    {
        var links = new List<string> { ToString()! };
        for (var turn = _parent; turn is not null; turn = turn._parent) links.Add(turn.ToString()!);
        links.Reverse();
        return string.Join(" -> ", links);
    }
}

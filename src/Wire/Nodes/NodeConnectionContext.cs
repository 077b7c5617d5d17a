using Microsoft.Extensions.Logging;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Yamux;

namespace Praefect.Wire.Nodes;

/// <summary>What every session to one node shares; also how requests over its backchannel know the node.</summary>
internal sealed record NodeConnectionContext(
    string VirtualStorage,
    string NodeName,
    SidechannelRegistry Sidechannels,
    IBackchannelAcceptor Acceptor,
    YamuxOptions Yamux,
    TimeProvider Time,
    ILogger Logger) : INodeConnectionFeature;

using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using Praefect.Wire.Sidechannel;

namespace Praefect.Wire.GitHttp;

/// <summary>Where a request goes: a server that speaks Gitaly's protocol, and the repository there.</summary>
/// <param name="Channel">For calls without sidechannel.</param>
/// <param name="MultiplexedChannel">For fetches: over a connection with backchannel, whose sidechannels end in <paramref name="Sidechannels"/>.</param>
/// <param name="Sidechannels">The registry of that connection.</param>
/// <param name="Repository">The repository as the server knows it.</param>
public sealed record GitHttpTarget(GrpcChannel Channel, GrpcChannel MultiplexedChannel, SidechannelRegistry Sidechannels, Repository Repository)
{
    /// <summary>Metadata for each call, for example a correlation id.</summary>
    public GrpcMetadata? Metadata { get; init; }

    /// <summary>Who pushes, as <c>gl_id</c>. Gitaly refuses an empty one.</summary>
    public string GlId { get; init; } = "user-0";

    /// <summary>Who pushes, as <c>gl_username</c>.</summary>
    public string GlUsername { get; init; } = "git";

    /// <summary>The repository's name for access checks, as <c>gl_repository</c>.</summary>
    public string GlRepository { get; init; } = "project-0";
}

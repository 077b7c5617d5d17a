using System.Globalization;
using System.Net.Http.Headers;
using Praefect.Gateway.Metadata;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Proxying;

/// <summary>How far a call came on a node that it broke on.</summary>
internal enum CallBreak
{
    /// <summary>It did not break: the node sent a status.</summary>
    None,

    /// <summary>The node never saw it: no connection, or refused before processing. Another node may get it.</summary>
    NotSent,

    /// <summary>The node may have seen it; no byte of an answer came.</summary>
    BeforeAnswer,

    /// <summary>Cut off between two messages of the answer.</summary>
    BetweenMessages,

    /// <summary>Cut off inside a message of the answer.</summary>
    InsideMessage,
}

/// <summary>How a call ended on one node.</summary>
/// <param name="Code">gRPC status code, the node's own or what stands for the break.</param>
/// <param name="Message">Status message, decoded.</param>
/// <param name="Break">Whether and where it broke.</param>
internal sealed record CallEnd(GrpcStatusCode Code, string Message, CallBreak Break)
{
    /// <summary>What the node sent last, status included: trailers, or headers where there was nothing else. Null when it broke.</summary>
    public HttpHeaders? Trailers { get; init; }

    /// <summary>The connection is what failed, not the one stream.</summary>
    public bool ConnectionLost { get; init; }

    /// <summary>The gateway cut it off itself.</summary>
    public bool CutOff { get; init; }

    /// <summary>The node fell silent before anything of an answer had come. Another one may be asked to read.</summary>
    public bool FellSilent { get; init; }

    public bool Broken => Break != CallBreak.None;

    public bool Ok => Code == GrpcStatusCode.OK && !Broken;

    /// <summary>Reads a node's closing headers.</summary>
    public static CallEnd FromNode(HttpHeaders headers, string storage, bool betweenMessages = true)
    {
        var raw = headers.NonValidated;
        if (!raw.TryGetValues(MetadataKeys.GrpcStatus, out var values) || !int.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var code) || code is < 0 or > 16)
        {
            return new CallEnd(
                GrpcStatusCode.Internal,
                $"node \"{storage}\" ended the stream without a status",
                betweenMessages ? CallBreak.BetweenMessages : CallBreak.InsideMessage);
        }

        var message = raw.TryGetValues(MetadataKeys.GrpcMessage, out var text) ? GrpcMessageText.Decode(text.ToString()) : string.Empty;
        return new CallEnd((GrpcStatusCode)code, message, CallBreak.None) { Trailers = headers };
    }
}

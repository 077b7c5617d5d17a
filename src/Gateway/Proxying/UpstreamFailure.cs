using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Proxying;

/// <summary>What a failed exchange with a node stands for in gRPC.</summary>
internal static class UpstreamFailure
{
    /// <summary>Reads the exception that ended an exchange.</summary>
    /// <param name="e">What the HTTP client threw.</param>
    /// <param name="storage">The node, for the text.</param>
    /// <param name="stage">How far the answer had come.</param>
    public static CallEnd From(Exception e, string storage, CallBreak stage)
    {
        if (Find<HttpProtocolException>(e) is { } protocol)
        {
            var refused = protocol.ErrorCode == GrpcFailures.RefusedStream && stage == CallBreak.BeforeAnswer;
            return new CallEnd(GrpcFailures.FromProtocol(protocol), $"node \"{storage}\" reset the stream: {protocol.Message}", refused ? CallBreak.NotSent : stage);
        }

        var notSent = stage == CallBreak.BeforeAnswer && GrpcFailures.NeverConnected(e);
        var reason = Innermost(e).Message;
        return new CallEnd(
            GrpcStatusCode.Unavailable,
            notSent ? $"node \"{storage}\" cannot be reached: {reason}" : $"connection to node \"{storage}\" was lost: {reason}",
            notSent ? CallBreak.NotSent : stage)
        {
            ConnectionLost = true,
        };
    }

    private static T? Find<T>(Exception? e) where T : Exception
    {
        for (; e is not null; e = e.InnerException)
        {
            if (e is T found)
                return found;
        }

        return null;
    }

    private static Exception Innermost(Exception e)
    {
        while (e.InnerException is { } inner)
            e = inner;
        return e;
    }
}

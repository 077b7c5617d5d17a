using Praefect.Wire.Grpc;

namespace Praefect.Silo.CommandLine;

/// <summary>Failed calls in the words that scripts for Praefect look for.</summary>
internal static class GrpcWords
{
    /// <summary>For example <c>rpc error: code = NotFound desc = repository not found</c>.</summary>
    public static string InWords(this GrpcException e) =>
        $"rpc error: code = {(e.Status.Code == GrpcStatusCode.Cancelled ? "Canceled" : e.Status.Code.ToString())} desc = {e.Status.Message}";
}

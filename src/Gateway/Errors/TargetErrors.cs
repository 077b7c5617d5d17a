using Praefect.Wire.Framing;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Errors;

/// <summary>The check of the repository that a request names, in Praefect's order and words.</summary>
internal static class TargetErrors
{
    /// <exception cref="GrpcException">InvalidArgument: what is missing.</exception>
    public static void Check(in RepositoryFields target)
    {
        if (!target.Present || (target.StorageName.Length == 0 && target.RelativePath.Length == 0))
            throw Invalid("repository not set");
        if (target.StorageName.Length == 0)
            throw Invalid("storage name not set");
        if (target.RelativePath.Length == 0)
            throw Invalid("repository path not set");
    }

    public static GrpcException Invalid(string message) => new(GrpcStatusCode.InvalidArgument, message);
}

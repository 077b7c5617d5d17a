using Praefect.StorageNode.Git;
using Praefect.StorageNode.Storages;
using Praefect.Wire.Grpc;

namespace Praefect.StorageNode.Repositories;

/// <summary>Where HEAD points.</summary>
public static class Head
{
    private const int NotSymbolic = 128;

    /// <summary>The full name of the branch that HEAD stands for, which need not exist; empty when HEAD names an object.</summary>
    public static async Task<string> ReadTargetAsync(RepositoryFolder repository, CancellationToken cancellationToken)
    {
        // The file is a line "ref: NAME" and is replaced in one step, so a process would tell no more.
        var text = await File.ReadAllTextAsync(Path.Combine(repository.FullPath, "HEAD"), cancellationToken);
        if (text.StartsWith("ref: refs/", StringComparison.Ordinal) && !text.StartsWith("ref: refs/heads/.invalid", StringComparison.Ordinal))
        {
            return text["ref: ".Length..].Trim();
        }

        // Repositories with another reference store (reftable) keep a placeholder in the file.
        var output = await repository.Git.CaptureAsync(repository.Command("symbolic-ref", "--quiet", "HEAD"), cancellationToken, 1, NotSymbolic);
        return output.Text;
    }

    /// <summary>Lets HEAD stand for <paramref name="branch"/>, without any vote.</summary>
    public static async Task WriteTargetAsync(RepositoryFolder repository, string branch, CancellationToken cancellationToken)
    {
        try
        {
            await repository.Git.CaptureAsync(repository.Command("symbolic-ref", "HEAD", branch), cancellationToken);
        }
        catch (GitFailedException exception)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, $"HEAD cannot point to \"{branch}\": {exception.StandardError.Trim()}", exception);
        }
    }
}

using System.Text;
using Praefect.StorageNode.Storages;

namespace Praefect.StorageNode.References;

/// <summary>A reference and the object that it names.</summary>
/// <param name="Name">Full name.</param>
/// <param name="Target">Object id in hex.</param>
public sealed record Reference(string Name, string Target);

/// <summary>Reads all references of a repository.</summary>
public static class ReferenceList
{
    /// <summary>All references with the objects that they name, without HEAD, in the order of their names.</summary>
    public static async Task<IReadOnlyList<Reference>> ReadAsync(RepositoryFolder repository, CancellationToken cancellationToken)
    {
        var output = await repository.Git.CaptureAsync(repository.Command("for-each-ref", "--format=%(objectname) %(refname)"), cancellationToken);
        var found = new List<Reference>();
        foreach (var line in Encoding.UTF8.GetString(output.Bytes.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            found.Add(new Reference(line[(space + 1)..], line[..space]));
        }

        return found;
    }
}

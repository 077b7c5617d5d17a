using System.Text;
using Google.Protobuf;
using Praefect.StorageNode.References;
using Praefect.StorageNode.Repositories;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.Replication;

/// <summary>
/// References and HEAD of a source as they were during the call. The copy is made equal to this, not to the source, which may be
/// written all the while.
/// </summary>
/// <param name="References">All references.</param>
/// <param name="Head">The branch that HEAD stands for; empty when it stands for none.</param>
public sealed record SourceSnapshot(IReadOnlyList<Reference> References, string Head)
{
    private const int Attempts = 5;

    /// <summary>Reads them. HEAD first: read after the references it might name a branch that is not among them because it came later.</summary>
    public static async Task<SourceSnapshot> ReadAsync(GrpcChannel source, Repository repository, CancellationToken cancellationToken)
    {
        var before = await ReadHeadAsync(source, repository, cancellationToken);
        for (var attempt = 1; ; attempt++)
        {
            var references = await ReadReferencesAsync(source, repository, cancellationToken);
            if (references.Any(reference => string.Equals(reference.Name, before, StringComparison.Ordinal)))
            {
                return new SourceSnapshot(references, before);
            }

            // HEAD may name a branch that does not exist: then it does so before and after. Otherwise it was changed meanwhile.
            var after = await ReadHeadAsync(source, repository, cancellationToken);
            if (string.Equals(before, after, StringComparison.Ordinal))
            {
                return new SourceSnapshot(references, before);
            }

            if (attempt == Attempts)
            {
                return new SourceSnapshot(references, "");
            }

            before = after;
        }
    }

    /// <summary>Gitaly's checksum of a repository with exactly these references and <paramref name="head"/>.</summary>
    public string Checksum(string head)
    {
        var checksum = new ReferenceChecksum();
        foreach (var reference in References)
        {
            checksum.Add(Encoding.UTF8.GetBytes($"{reference.Target} {reference.Name}"));
            if (string.Equals(reference.Name, head, StringComparison.Ordinal))
            {
                checksum.Add(Encoding.UTF8.GetBytes($"{reference.Target} HEAD"));
            }
        }

        return checksum.ToString();
    }

    private static async Task<string> ReadHeadAsync(GrpcChannel source, Repository repository, CancellationToken cancellationToken)
    {
        var request = new FindDefaultBranchNameRequest { Repository = repository, HeadOnly = true };
        var response = await source.UnaryAsync("/gitaly.RefService/FindDefaultBranchName", request, FindDefaultBranchNameResponse.Parser, options: null, cancellationToken);
        return response.Name.ToStringUtf8();
    }

    private static async Task<List<Reference>> ReadReferencesAsync(GrpcChannel source, Repository repository, CancellationToken cancellationToken)
    {
        await using var call = source.Open<ListRefsRequest, ListRefsResponse>("/gitaly.RefService/ListRefs", ListRefsResponse.Parser, options: null, cancellationToken);
        await call.SendOnlyAsync(new ListRefsRequest { Repository = repository, Patterns = { ByteString.CopyFromUtf8("refs/") } }, cancellationToken);
        var references = new List<Reference>();
        await foreach (var message in call.ReadAllAsync(cancellationToken))
        {
            references.AddRange(message.References.Select(reference => new Reference(ReferenceName.Check(reference.Name), Id(reference.Target))));
        }

        return references;
    }

    private static string Id(string target) =>
        ObjectId.IsFull(target) ? target : throw new GrpcException(GrpcStatusCode.Internal, "the source sent something that is no object id");
}

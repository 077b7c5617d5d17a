using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Praefect.Grains.Catalogue;
using Praefect.Grains.Nodes;
using Praefect.Silo.Configuration;
using VirtualStorageOptions = Praefect.Silo.Configuration.VirtualStorageOptions;

namespace Praefect.Silo.Metrics;

/// <summary>
/// What <c>/db_metrics</c> says: counts over all repositories, made when it is asked for and within <c>prometheus.scrape_timeout</c>. A family that cannot be
/// counted is left out, so that a slow database never shows as a fall to zero.
/// </summary>
internal sealed partial class CatalogueMetrics(
    IEnumerable<IRepositoryCatalogue> catalogues, INodeDirectory directory, PraefectOptions options, TimeProvider time, ILogger<CatalogueMetrics> logger)
{
    private readonly IRepositoryCatalogue? _catalogue = catalogues.FirstOrDefault();

    public async Task<string> WriteAsync(CancellationToken cancellationToken)
    {
        if (_catalogue is not { } catalogue)
            return string.Empty;
        // Less than no time is none, as in Go.
        using var limit = new CancellationTokenSource(TimeSpan.FromTicks(Math.Max(0, options.Prometheus.ScrapeTimeout.Ticks)), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        // Side by side: a family that takes all of the time must not take that of the others.
        var families = new List<Task<string>>
        {
            FamilyAsync("gitaly_praefect_replication_queue_depth", "Repositories that a storage has to get a copy of.", QueueAsync(catalogue, either.Token)),
            FamilyAsync("gitaly_praefect_unavailable_repositories", "Repositories that have no up-to-date replica on a healthy storage.", UnavailableAsync(catalogue, either.Token)),
        };
        if (options.BackgroundVerification.VerificationInterval > TimeSpan.Zero)
            families.Add(FamilyAsync("gitaly_praefect_verification_queue_depth", "Replicas that wait for their verification.", VerificationsAsync(catalogue, either.Token)));
        return string.Concat(await Task.WhenAll(families));
    }

    private async Task<string> FamilyAsync(string name, string help, IAsyncEnumerable<(string Labels, long Value)> series)
    {
        var family = new StringBuilder().Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} gauge\n");
        try
        {
            await foreach (var (labels, value) in series)
                family.Append(CultureInfo.InvariantCulture, $"{name}{{{labels}}} {value}\n");
            return family.ToString();
        }
        catch (Exception e)
        {
            // Whatever the database has to say: the others are still worth having.
            LogFailed(name, e);
            return string.Empty;
        }
    }

    private async IAsyncEnumerable<(string Labels, long Value)> UnavailableAsync(
        IRepositoryCatalogue catalogue, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var storage in options.VirtualStorages)
        {
            var healthy = directory.Find(storage.Name)?.Nodes.Where(static node => node.Healthy).Select(static node => node.Storage).ToArray() ?? [];
            yield return (Labels(("virtual_storage", storage.Name)), await catalogue.CountUnavailableAsync(storage.Name, Configured(storage), healthy, cancellationToken));
        }
    }

    private async IAsyncEnumerable<(string Labels, long Value)> QueueAsync(
        IRepositoryCatalogue catalogue, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var storage in options.VirtualStorages)
        {
            var behind = await catalogue.CountBehindAsync(storage.Name, Configured(storage), cancellationToken);
            foreach (var (node, count) in behind.OrderBy(static b => b.Key, StringComparer.Ordinal))
                yield return (Labels(("virtual_storage", storage.Name), ("target_node", node), ("state", "ready")), count);
        }
    }

    private async IAsyncEnumerable<(string Labels, long Value)> VerificationsAsync(
        IRepositoryCatalogue catalogue, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - options.BackgroundVerification.VerificationInterval;
        foreach (var storage in options.VirtualStorages)
        {
            var depths = await catalogue.CountVerificationsAsync(storage.Name, Configured(storage), before, cancellationToken);
            foreach (var (node, depth) in depths.OrderBy(static d => d.Key, StringComparer.Ordinal))
            {
                yield return (Labels(("virtual_storage", storage.Name), ("storage", node), ("status", "expired")), depth.Expired);
                yield return (Labels(("virtual_storage", storage.Name), ("storage", node), ("status", "unverified")), depth.Unverified);
            }
        }
    }

    private static string[] Configured(VirtualStorageOptions storage) => [.. storage.Nodes.Select(static node => node.Storage)];

    private static string Labels(params ReadOnlySpan<(string Key, string Value)> labels)
    {
        var pairs = new KeyValuePair<string, object?>[labels.Length];
        for (var i = 0; i < labels.Length; i++)
            pairs[i] = new(labels[i].Key, labels[i].Value);
        return new LabelSet(pairs).Text;
    }

    [LoggerMessage(LogLevel.Error, "counting {Family} failed: it is missing in this scrape")]
    private partial void LogFailed(string family, Exception exception);
}

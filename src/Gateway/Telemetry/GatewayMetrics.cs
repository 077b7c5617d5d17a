using System.Diagnostics.Metrics;
using Praefect.Gateway.Coordination;
using Praefect.Grains.Transactions;
using Praefect.Wire.Contract;

namespace Praefect.Gateway.Telemetry;

/// <summary>What the gateway counts: Praefect's own names where dashboards know them, <c>praefect.gateway.*</c> for the rest.</summary>
internal sealed class GatewayMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Praefect.Gateway";

    private readonly Counter<long> _methodTypes;
    private readonly Counter<long> _reads;
    private readonly Counter<long> _transactions;
    private readonly Histogram<double> _voteDelay;
    private readonly Histogram<int> _voters;
    private readonly Counter<long> _authentications;
    private readonly Counter<long> _authenticationErrors;
    private readonly Counter<long> _started;
    private readonly Counter<long> _handled;
    private readonly Counter<long> _received;
    private readonly Counter<long> _sent;
    private readonly Histogram<double> _handling;
    private readonly Counter<long> _clientRequests;
    private readonly Counter<long> _replications;
    private readonly Histogram<int> _rounds;
    private readonly Counter<long> _routeCache;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _fromMemory;
    private readonly Counter<long> _grainFailures;
    private readonly Histogram<double> _writeDuration;

    public GatewayMetrics(IMeterFactory factory, TransactionDirectory writes)
    {
        var meter = factory.Create(MeterName);
        _methodTypes = meter.CreateCounter<long>("gitaly_praefect_method_types");
        _reads = meter.CreateCounter<long>("gitaly_praefect_read_distribution");
        _transactions = meter.CreateCounter<long>("gitaly_praefect_transactions_total");
        _voteDelay = meter.CreateHistogram<double>("gitaly_praefect_transactions_delay_seconds", "s");
        _voters = meter.CreateHistogram<int>("gitaly_praefect_voters_per_transaction_total");
        _authentications = meter.CreateCounter<long>("gitaly_authentications_total");
        _authenticationErrors = meter.CreateCounter<long>("gitaly_authentication_errors_total");
        _started = meter.CreateCounter<long>("grpc_server_started_total", description: "Calls started.");
        _handled = meter.CreateCounter<long>("grpc_server_handled_total", description: "Calls ended, by code.");
        _received = meter.CreateCounter<long>("grpc_server_msg_received_total", description: "Messages received from clients.");
        _sent = meter.CreateCounter<long>("grpc_server_msg_sent_total", description: "Messages sent to clients.");
        _handling = meter.CreateHistogram<double>("grpc_server_handling_seconds", "s", "Time from start to end of calls.");
        _clientRequests = meter.CreateCounter<long>("gitaly_service_client_requests_total", description: "Calls ended, by what clients say of themselves.");
        _replications = meter.CreateCounter<long>("gitaly_praefect_tx_replications_total", description: "Storages after writes: updated, or why they are to be repaired.");
        _rounds = meter.CreateHistogram<int>("gitaly_praefect_subtransactions_per_transaction_total", description: "Rounds of votes in a write.");
        _routeCache = meter.CreateCounter<long>("gitaly_praefect_uptodate_storages_cache_access_total", description: "Remembered routes of reads: made, dropped, and used or missed while a grain cannot be reached.");
        _retries = meter.CreateCounter<long>("praefect.gateway.reads_retried", "{call}", "Reads sent to a second replica because the first could not be connected.");
        _fromMemory = meter.CreateCounter<long>("praefect.gateway.reads_routed_from_memory", "{call}", "Reads routed as last seen because the grain could not be reached.");
        _grainFailures = meter.CreateCounter<long>("praefect.gateway.grain_calls_failed", "{attempt}", "Attempts to call a grain that timed out or failed in the runtime.");
        _writeDuration = meter.CreateHistogram<double>("praefect.gateway.write_duration", "s", "Time from the opening of a write to its recorded outcome.");
        meter.CreateObservableGauge("praefect.gateway.writes_under_way", () => writes.Count, "{write}", "Writes opened and not finished.");
    }

    public void MethodType(RpcOperation operation)
    {
        if (!_methodTypes.Enabled || operation == RpcOperation.None)
            return;
        var type = operation switch { RpcOperation.Accessor => "accessor", RpcOperation.Mutator => "mutator", _ => "maintenance" };
        _methodTypes.Add(1, new KeyValuePair<string, object?>("method_type", type));
    }

    public void Read(string virtualStorage, string storage)
    {
        if (_reads.Enabled)
            _reads.Add(1, new("virtual_storage", virtualStorage), new("storage", storage));
    }

    public void Retried(string virtualStorage, string storage) => _retries.Add(1, new("virtual_storage", virtualStorage), new("storage", storage));

    public void RoutedFromMemory() => _fromMemory.Add(1);

    public void GrainCallFailed() => _grainFailures.Add(1);

    public void WriteOpened(string virtualStorage, int voters)
    {
        _voters.Record(voters, new KeyValuePair<string, object?>("virtual_storage", virtualStorage));
        _transactions.Add(voters, new KeyValuePair<string, object?>("action", "registered"));
    }

    public void WriteEnded(TimeSpan took) => _writeDuration.Record(took.TotalSeconds);

    public void Vote(string action, TimeSpan delay)
    {
        _transactions.Add(1, new KeyValuePair<string, object?>("action", action));
        _voteDelay.Record(delay.TotalSeconds, new KeyValuePair<string, object?>("action", "vote"));
    }

    public void TransactionAction(string action) => _transactions.Add(1, new KeyValuePair<string, object?>("action", action));

    public void Authentication(bool enforced, string status) => _authentications.Add(1, new("enforced", enforced ? "true" : "false"), new("status", status));

    public void AuthenticationError(string error) => _authenticationErrors.Add(1, new("version", "v2"), new("error", error));

    /// <summary>A write's outcome is recorded.</summary>
    public void Outcome(FinishResult result)
    {
        if (!_replications.Enabled || result.Outcome != WriteOutcome.Recorded)
            return;
        if (result.Updated.Length > 0)
            _replications.Add(result.Updated.Length, new KeyValuePair<string, object?>("reason", "updated"));
        foreach (var outdated in result.Outdated)
            _replications.Add(1, new KeyValuePair<string, object?>("reason", outdated[(outdated.LastIndexOf('=') + 1)..]));
    }

    /// <summary>A write ended after so many rounds of votes.</summary>
    public void Rounds(int rounds) => _rounds.Record(rounds);

    /// <summary>What became of a remembered route: <c>populate</c>, <c>evict</c>, <c>hit</c> or <c>miss</c>.</summary>
    public void RouteCache(string virtualStorage, string type)
    {
        if (_routeCache.Enabled)
            _routeCache.Add(1, new("virtual_storage", virtualStorage), new("type", type));
    }

    public void Started(MethodLabels method)
    {
        if (_started.Enabled)
            _started.Add(1, new("grpc_type", method.Type), new("grpc_service", method.Service), new("grpc_method", method.Name));
    }

    public void Handled(MethodLabels method, string code, TimeSpan took, CallTraffic traffic, in CallerMetadata caller)
    {
        if (!_handled.Enabled)
            return;
        KeyValuePair<string, object?> type = new("grpc_type", method.Type), service = new("grpc_service", method.Service), name = new("grpc_method", method.Name);
        _handled.Add(1, [type, service, name, new("grpc_code", code)]);
        _handling.Record(took.TotalSeconds, type, service, name);
        _received.Add(traffic.Received.Messages, type, service, name);
        _sent.Add(traffic.Sent.Messages, type, service, name);
        _clientRequests.Add(1,
        [
            new("client_name", caller.ClientName ?? MethodLabels.Unknown),
            service,
            name,
            new("call_site", caller.CallSite ?? MethodLabels.Unknown),
            new("auth_version", caller.AuthVersion ?? MethodLabels.Unknown),
            new("grpc_code", code),
            new("deadline_type", caller.DeadlineType ?? MethodLabels.Unknown),
            new("method_operation", method.Operation),
            new("method_scope", method.Scope),
        ]);
    }
}

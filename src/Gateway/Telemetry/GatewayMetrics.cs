using System.Diagnostics.Metrics;
using Praefect.Gateway.Mutators;
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
    private readonly Counter<long> _handled;
    private readonly Histogram<double> _handling;
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
        _handled = meter.CreateCounter<long>("grpc_server_handled_total");
        _handling = meter.CreateHistogram<double>("grpc_server_handling_seconds", "s");
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

    public void Handled(string service, string method, string code, TimeSpan took)
    {
        if (_handled.Enabled)
            _handled.Add(1, new("grpc_service", service), new("grpc_method", method), new("grpc_code", code));
        if (_handling.Enabled)
            _handling.Record(took.TotalSeconds, new("grpc_service", service), new("grpc_method", method));
    }
}

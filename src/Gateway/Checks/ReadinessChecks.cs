using Grpc.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Praefect.Gateway.Metadata;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using Failure = Praefect.Wire.Protos.ReadinessCheckResponse.Types.Failure;

namespace Praefect.Gateway.Checks;

/// <summary>
/// ReadinessCheck: runs all health checks on the installation at once. The call itself always succeeds; what failed stands in the answer, by name.
/// </summary>
internal sealed class ReadinessChecks(HealthCheckService health, IOptions<HealthCheckServiceOptions> checks, CheckCaller caller, TimeProvider time)
{
    private const string TimeOver = "context deadline exceeded";

    public async Task<ReadinessCheckResponse> RunAsync(ReadinessCheckRequest request, ServerCallContext call)
    {
        var timeout = request.Timeout?.ToTimeSpan() ?? TimeSpan.Zero;
        using var limit = timeout > TimeSpan.Zero ? new CancellationTokenSource(timeout, time) : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, call.CancellationToken);
        caller.PassedOn = PassedOn.From(call);
        var asked = checks.Value.Registrations.Where(static check => check.Tags.Contains(HealthTags.Installation));
        var answers = await Task.WhenAll(asked.Select(check => RunAsync(check, either.Token)));
        call.CancellationToken.ThrowIfCancellationRequested();
        var failed = answers.OfType<Failure.Types.Response>().OrderBy(static f => f.Name, StringComparer.Ordinal).ToList();
        if (failed.Count == 0)
            return new ReadinessCheckResponse { OkResponse = new ReadinessCheckResponse.Types.Ok() };
        var failure = new Failure();
        failure.FailedChecks.AddRange(failed);
        return new ReadinessCheckResponse { FailureResponse = failure };
    }

    // One by one: a check that takes too long must not take the others' answers along.
    private async Task<Failure.Types.Response?> RunAsync(HealthCheckRegistration check, CancellationToken cancellationToken)
    {
        string? problem;
        try
        {
            var report = await health.CheckHealthAsync(one => ReferenceEquals(one, check), cancellationToken).WaitAsync(cancellationToken);
            problem = Problem(report.Entries[check.Name]);
        }
        catch (OperationCanceledException)
        {
            problem = TimeOver;
        }

        return problem is null ? null : new Failure.Types.Response { Name = check.Name, ErrorMessage = problem };
    }

    // Whatever a check stumbles over is its answer.
    private static string? Problem(HealthReportEntry answer) => answer switch
    {
        { Status: HealthStatus.Healthy } => null,
        { Exception: OperationCanceledException } => TimeOver,
        _ => answer.Description ?? answer.Exception?.Message ?? "unhealthy",
    };
}

using Grpc.Core;
using Praefect.Gateway.Metadata;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using Failure = Praefect.Wire.Protos.ReadinessCheckResponse.Types.Failure;

namespace Praefect.Gateway.Checks;

/// <summary>ReadinessCheck: runs all checks at once. The call itself always succeeds; what failed stands in the answer, by name.</summary>
internal sealed class ReadinessChecks(IEnumerable<IReadinessCheck> checks, TimeProvider time)
{
    private const string TimeOver = "context deadline exceeded";

    public async Task<ReadinessCheckResponse> RunAsync(ReadinessCheckRequest request, ServerCallContext call)
    {
        var timeout = request.Timeout?.ToTimeSpan() ?? TimeSpan.Zero;
        using var limit = timeout > TimeSpan.Zero ? new CancellationTokenSource(timeout, time) : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, call.CancellationToken);
        var passedOn = PassedOn.From(call);
        var answers = await Task.WhenAll(checks.Select(check => RunAsync(check, passedOn, either.Token)));
        call.CancellationToken.ThrowIfCancellationRequested();
        var failed = answers.OfType<Failure.Types.Response>().OrderBy(static f => f.Name, StringComparer.Ordinal).ToList();
        if (failed.Count == 0)
            return new ReadinessCheckResponse { OkResponse = new ReadinessCheckResponse.Types.Ok() };
        var failure = new Failure();
        failure.FailedChecks.AddRange(failed);
        return new ReadinessCheckResponse { FailureResponse = failure };
    }

    private static async Task<Failure.Types.Response?> RunAsync(IReadinessCheck check, GrpcCallOptions passedOn, CancellationToken cancellationToken)
    {
        string? problem;
        try
        {
            problem = await check.RunAsync(passedOn, cancellationToken).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            problem = TimeOver;
        }
        catch (Exception e)
        {
            // Whatever a check stumbles over is its answer.
            problem = e.Message;
        }

        return problem is null ? null : new Failure.Types.Response { Name = check.Name, ErrorMessage = problem };
    }
}

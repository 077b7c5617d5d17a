using System.Net;

namespace Praefect.Silo.Tests.Hosting;

/// <summary>What load balancers and service managers are told.</summary>
public sealed class HealthTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("praefect-health-").FullName;

    // So the one port is that of the metrics.
    private string Listen => $"""
        socket_path = "{Path.Combine(_folder, "praefect.socket")}"
        prometheus_listen_addr = "127.0.0.1:0"
        """;

    [Fact]
    public async Task A_process_without_a_healthy_node_lives_and_is_not_ready_and_does_not_log_each_question()
    {
        await using var praefect = await RunningPraefect.StartAsync(_folder, Listen);

        Assert.Equal((HttpStatusCode.OK, "alive\n"), await GetAsync(praefect, "live"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "virtual storage \"default\" has no healthy node\n"), await GetAsync(praefect, "ready"));
        await praefect.StopAsync();
        await praefect.ExitAsync();
        Assert.Empty(await praefect.Errors);
    }

    [Fact]
    public async Task A_process_with_a_healthy_node_is_ready()
    {
        await using var node = await HeldNode.StartAsync();
        await using var praefect = await RunningPraefect.StartAsync(_folder, Listen, node.Address);

        using var limit = new CancellationTokenSource(Limit);
        while (await GetAsync(praefect, "ready") is not (HttpStatusCode.OK, "ready\n"))
            await Task.Delay(20, limit.Token);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<(HttpStatusCode Status, string Text)> GetAsync(RunningPraefect praefect, string question)
    {
        using var http = new HttpClient { Timeout = Limit };
        using var response = await http.GetAsync(new Uri($"http://127.0.0.1:{praefect.Port}/-/{question}"));
        Assert.Equal("text/plain; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}

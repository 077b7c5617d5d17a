using System.IO.Pipelines;
using System.Text;
using Praefect.Wire.GitHttp;

namespace Praefect.Wire.Tests.GitHttp;

public sealed class PushReportTests
{
    private const string Progress = "000b\u0002hello\n";
    private const string Report = "0013\u0001000eunpack ok\n0000";

    private readonly MemoryStream _client = new();
    private readonly PushReport _report;

    public PushReportTests() => _report = new PushReport(PipeWriter.Create(_client));

    [Fact]
    public async Task Progress_passes_and_the_report_waits_for_the_end()
    {
        await AddAsync(Progress + Report);
        Assert.Equal(Progress, Sent);
        await _report.ReleaseAsync(default);
        Assert.Equal(Progress + Report, Sent);
    }

    [Fact]
    public async Task Pieces_may_be_cut_anywhere()
    {
        foreach (var c in Progress + Progress + Report)
        {
            await AddAsync(c.ToString());
        }

        Assert.Equal(Progress + Progress, Sent);
        await _report.ReleaseAsync(default);
        Assert.Equal(Progress + Progress + Report, Sent);
    }

    [Fact]
    public async Task Progress_after_the_report_began_stays_behind_it()
    {
        await AddAsync(Report + Progress);
        Assert.Empty(Sent);
        Assert.False(_report.Started);
    }

    [Fact]
    public async Task A_report_without_bands_is_held_back_as_well()
    {
        await AddAsync("000eunpack ok\n0019ok refs/heads/main\n0000");
        Assert.Empty(Sent);
    }

    [Fact]
    public async Task A_failure_after_progress_is_told_in_the_error_band()
    {
        await AddAsync(Progress + Report);
        await _report.FailAsync("transaction was aborted", default);
        Assert.Equal(Progress + "001c\u0003transaction was aborted0000", Sent);
    }

    private string Sent => Encoding.ASCII.GetString(_client.ToArray());

    private async Task AddAsync(string text) => await _report.AddAsync(Encoding.ASCII.GetBytes(text), default);
}

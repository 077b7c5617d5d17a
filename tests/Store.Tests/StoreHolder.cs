using System.Diagnostics;

namespace Praefect.Store.Tests;

/// <summary>Another process that has a store open, or tried to.</summary>
internal sealed class StoreHolder : IDisposable
{
    private readonly Process _process;

    private StoreHolder(Process process) => _process = process;

    internal string Said { get; private set; } = "";

    internal int ProcessId => _process.Id;

    internal static async Task<StoreHolder> StartAsync(string path)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Praefect.Store.Holder.dll"));
        start.ArgumentList.Add(path);
        var holder = new StoreHolder(Process.Start(start)!);
        holder.Said = await holder._process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)) ?? "";
        return holder;
    }

    /// <summary>SIGKILL, and gone when this returns.</summary>
    internal async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}

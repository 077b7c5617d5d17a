using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Praefect.Grains.Runtime.Tests;

/// <summary>What the grains of one test report, in order, and gates that the test opens for them. Found by name: grains cannot be handed one.</summary>
public sealed class Journal
{
    private static readonly ConcurrentDictionary<string, Journal> All = new(StringComparer.Ordinal);
    private readonly Channel<string> _entries = Channel.CreateUnbounded<string>();
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Gate => _gate.Task;

    public static Journal Of(string key) => All.GetOrAdd(key, static _ => new Journal());

    public void Open() => _gate.TrySetResult();

    public void Add(string entry) => _entries.Writer.TryWrite(entry);

    public async Task<string> NextAsync() => await _entries.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(15));

    public async Task<string[]> NextAsync(int count)
    {
        var next = new string[count];
        for (var i = 0; i < count; i++) next[i] = await NextAsync();
        return next;
    }

    public bool IsEmpty => !_entries.Reader.TryPeek(out _);
}

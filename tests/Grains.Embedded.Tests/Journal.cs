using System.Threading.Channels;

namespace Praefect.Grains.Embedded.Tests;

/// <summary>What grains report to tests, in order.</summary>
public sealed class Journal
{
    private readonly Channel<string> _entries = Channel.CreateUnbounded<string>();

    public void Add(string entry) => _entries.Writer.TryWrite(entry);

    /// <summary>The next entry; fails after 10 s.</summary>
    public async Task<string> NextAsync() => await _entries.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));

    /// <summary>Everything that is there and was not read.</summary>
    public List<string> Rest()
    {
        var rest = new List<string>();
        while (_entries.Reader.TryRead(out var entry)) rest.Add(entry);
        return rest;
    }
}

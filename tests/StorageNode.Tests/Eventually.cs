using System.Diagnostics;

namespace Praefect.StorageNode.Tests;

/// <summary>Waits for a condition that another process makes true.</summary>
internal static class Eventually
{
    public static async Task IsTrueAsync(Func<bool> condition)
    {
        var limit = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(limit.Elapsed < TimeSpan.FromSeconds(60), "the condition did not come true");
            await Task.Delay(10);
        }
    }
}

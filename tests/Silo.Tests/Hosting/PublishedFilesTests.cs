using System.Text.Json;

namespace Praefect.Silo.Tests.Hosting;

/// <summary>What the program brings along, by the list that its host loads assemblies from and that is published.</summary>
public sealed class PublishedFilesTests
{
    [Theory]
    [InlineData("Microsoft.CodeAnalysis")]
    [InlineData("Humanizer")]
    [InlineData("System.Composition")]
    [InlineData("Microsoft.Orleans.Persistence.Memory")]
    public async Task Nothing_that_is_not_used_comes_along(string package)
    {
        await using var file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "praefect.deps.json"));
        using var list = await JsonDocument.ParseAsync(file);
        var assemblies = list.RootElement.GetProperty("targets").EnumerateObject()
            .SelectMany(static target => target.Value.EnumerateObject())
            .Where(static library => library.Value.TryGetProperty("runtime", out _))
            .Select(static library => library.Name)
            .ToList();

        Assert.Contains(assemblies, static name => name.StartsWith("Microsoft.Orleans.Runtime/", StringComparison.Ordinal));
        Assert.DoesNotContain(assemblies, name => name.StartsWith(package, StringComparison.Ordinal));
    }
}

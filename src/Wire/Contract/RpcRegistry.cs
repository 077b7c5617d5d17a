using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Praefect.Wire.Contract;

/// <summary>Every RPC of the Gitaly protocol that the proxy knows, by path: all of Gitaly 16.11.6 and what later versions added.</summary>
public static class RpcRegistry
{
    private const string Resource = "Praefect.Wire.Contract.rpcs.tsv";

    private static readonly FrozenDictionary<string, RpcMethod> s_methods = Load();

    /// <summary>All methods by their path.</summary>
    public static IReadOnlyDictionary<string, RpcMethod> All => s_methods;

    /// <summary>Looks up <paramref name="path"/> (<c>/gitaly.Service/Method</c>, case matters); false for methods unknown to the registry.</summary>
    public static bool TryFind(string path, [NotNullWhen(true)] out RpcMethod? method) => s_methods.TryGetValue(path, out method);

    private static FrozenDictionary<string, RpcMethod> Load()
    {
        using var stream = typeof(RpcRegistry).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"the assembly carries no resource {Resource}");
        using var reader = new StreamReader(stream);
        return RpcTable.Parse(reader).ToFrozenDictionary(m => m.Path, StringComparer.Ordinal);
    }
}

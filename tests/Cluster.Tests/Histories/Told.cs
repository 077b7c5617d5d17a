using Praefect.Cluster.Histories;

namespace Praefect.Cluster.Tests.Histories;

/// <summary>Histories in few words.</summary>
internal static class Told
{
    public static Operation Read(string? value, long from, long to) => new("reader", OperationKind.Read, null, value, OperationResult.Done, from, to);

    public static Operation Write(string? value, long from, long to) => new("writer", OperationKind.Write, null, value, OperationResult.Done, from, to);

    public static Operation MaybeWrite(string? value, long from, long to) => new("writer", OperationKind.Write, null, value, OperationResult.Unknown, from, to);

    public static Operation Swap(string? old, string? value, long from, long to) => new("swapper", OperationKind.Swap, old, value, OperationResult.Done, from, to);

    public static Operation MaybeSwap(string? old, string? value, long from, long to) => new("swapper", OperationKind.Swap, old, value, OperationResult.Unknown, from, to);

    public static Operation Differed(string? old, string? value, long from, long to) => new("swapper", OperationKind.Swap, old, value, OperationResult.Differed, from, to);
}

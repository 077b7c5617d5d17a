using Praefect.Cluster.Histories;

namespace Praefect.Cluster.Tests.Histories;

/// <summary>The definition, for histories of a few operations: every order of every choice of those that may have taken place is tried.</summary>
internal static class AllOrders
{
    public static bool Explain(IReadOnlyList<Operation> history) => From(null, [.. history]);

    private static bool From(string? value, List<Operation> left)
    {
        if (left.TrueForAll(static operation => operation.Result == OperationResult.Unknown))
            return true;
        return left.Exists(next =>
            left.TrueForAll(other => other.Until >= next.Started)
            && (Take(value, next) is (true, var after) && From(after, Without(left, next))));
    }

    private static List<Operation> Without(List<Operation> left, Operation taken) => left.FindAll(operation => !ReferenceEquals(operation, taken));

    private static (bool Possible, string? After) Take(string? value, Operation operation) => (operation.Kind, operation.Result) switch
    {
        (OperationKind.Read, OperationResult.Done) => (value == operation.Value, value),
        (OperationKind.Swap, OperationResult.Differed) => (value != operation.Expected, value),
        (OperationKind.Swap, OperationResult.Done) => (value == operation.Expected, operation.Value),
        (OperationKind.Swap, _) => (true, value == operation.Expected ? operation.Value : value),
        (OperationKind.Write, _) => (true, operation.Value),
        _ => (true, value),
    };
}

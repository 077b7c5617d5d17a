using Praefect.Tests.Shared;

namespace Praefect.Database.Tests;

/// <summary>As <see cref="PostgresFactAttribute"/>, for tests with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PostgresTheoryAttribute : TheoryAttribute
{
    public PostgresTheoryAttribute() => Skip = PostgresServer.Missing;
}

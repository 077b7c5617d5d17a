using Praefect.Database;
using Praefect.Gateway.Checks;
using Praefect.Silo.Configuration;
using Praefect.Wire.Grpc;

namespace Praefect.Silo.Hosting.Checks;

/// <summary>Every script that this program needs has been run on the database.</summary>
internal sealed class MigrationsCheck(DatabaseOptions database, TimeProvider time) : IReadinessCheck
{
    public string Name => "praefect migrations";

    public async Task<string?> RunAsync(GrpcCallOptions passedOn, CancellationToken cancellationToken)
    {
        await using var source = Databases.Open(database);
        var pending = (await new Migrator(source, time).StatusAsync(cancellationToken)).Count(static script => script.State is MigrationState.Pending);
        return pending == 0 ? null : $"{pending} migrations have not been run";
    }
}

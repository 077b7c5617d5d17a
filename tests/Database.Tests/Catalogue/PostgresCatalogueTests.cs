using Praefect.Tests.Shared;

namespace Praefect.Database.Tests.Catalogue;

[Collection(Databases.Name)]
public sealed class PostgresCatalogueTests(PostgresServer server)
{
    [PostgresFact]
    public async Task Dataloss_tells_unavailable_from_partially_replicated_by_who_is_healthy()
    {
        await using var tested = new PostgresUnderTest(await Databases.MigratedAsync(server));
        await CatalogueSuite.TellsUnavailableFromPartialAsync(tested);
    }

    [PostgresFact]
    public async Task Lists_come_whole_and_in_order_over_any_number_of_pages()
    {
        await using var tested = new PostgresUnderTest(await Databases.MigratedAsync(server));
        await CatalogueSuite.ListsInPagesAsync(tested);
    }

    [PostgresFact]
    public async Task Two_verifiers_never_hold_the_same_replica_until_its_lease_ends()
    {
        await using var tested = new PostgresUnderTest(await Databases.MigratedAsync(server));
        await CatalogueSuite.LeasesOnceAsync(tested);
    }

    [PostgresFact]
    public async Task A_repository_is_found_by_id_and_by_replica_path()
    {
        await using var tested = new PostgresUnderTest(await Databases.MigratedAsync(server));
        await CatalogueSuite.FindsAsync(tested);
    }

    [PostgresFact]
    public async Task What_is_behind_and_what_waits_for_verification_is_counted_by_storage()
    {
        await using var tested = new PostgresUnderTest(await Databases.MigratedAsync(server));
        await CatalogueSuite.CountsAsync(tested);
    }

    [PostgresFact]
    public async Task A_repository_without_an_up_to_date_replica_on_a_healthy_storage_is_unavailable()
    {
        await using var tested = new PostgresUnderTest(await Databases.MigratedAsync(server));
        await CatalogueSuite.CountsUnavailableAsync(tested);
    }

    [PostgresFact]
    public async Task A_repository_with_an_assigned_storage_that_cannot_serve_it_is_partially_available()
    {
        await using var tested = new PostgresUnderTest(await Databases.MigratedAsync(server));
        await CatalogueSuite.ListsPartiallyAvailableAsync(tested);
    }
}

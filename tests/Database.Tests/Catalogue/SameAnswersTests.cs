using System.Text.Json;
using Praefect.Grains.Catalogue;
using Praefect.Tests.Shared;

namespace Praefect.Database.Tests.Catalogue;

/// <summary>A program may move from the file to the database, and its operators must see the same.</summary>
[Collection(Databases.Name)]
public sealed class SameAnswersTests(PostgresServer server)
{
    private static readonly string[] s_configured = ["gitaly-1", "gitaly-2", "gitaly-3"];

    [PostgresTheory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Both_catalogues_answer_every_question_alike(int seed)
    {
        await using var postgres = new PostgresUnderTest(await Databases.MigratedAsync(server));
        await using var sqlite = await SqliteUnderTest.CreateAsync();
        var random = new Random(seed);
        var nextId = 0L;
        var lives = Enumerable.Range(0, 12).Select(static grain => new Record { RelativePath = $"path-{grain}.git" }).ToArray();
        for (var step = 0; step < 150; step++)
        {
            var grain = random.Next(lives.Length);
            lives[grain] = RandomLives.Step(lives[grain], grain, random, () => ++nextId);
            await postgres.WriteAsync(lives[grain]);
            await sqlite.WriteAsync(lives[grain]);
            if (step % 25 == 0)
                Assert.Equal(await AnswersAsync(postgres.Open(3)), await AnswersAsync(sqlite.Open(3)));
        }

        Assert.Equal(await AnswersAsync(postgres.Open(3)), await AnswersAsync(sqlite.Open(3)));
    }

    private static async Task<string> AnswersAsync(IRepositoryCatalogue catalogue)
    {
        string[][] healthy = [s_configured, ["gitaly-2"], []];
        var answers = new List<object?> { await CatalogueSuite.ListAsync(catalogue.ListPathsAsync("default", default)) };
        foreach (var some in healthy)
        {
            answers.Add(await CatalogueSuite.ListAsync(catalogue.DatalossAsync("default", s_configured, some, includePartial: false, default)));
            answers.Add(await CatalogueSuite.ListAsync(catalogue.DatalossAsync("default", s_configured, some, includePartial: true, default)));
            answers.Add(await catalogue.CountUnavailableAsync("default", s_configured, some, default));
        }

        var middle = DateTimeOffset.UnixEpoch.AddSeconds(int.MaxValue / 2);
        answers.Add((await catalogue.CountBehindAsync("default", s_configured, default)).OrderBy(static pair => pair.Key, StringComparer.Ordinal));
        answers.Add((await catalogue.CountVerificationsAsync("default", s_configured, middle, default)).OrderBy(static pair => pair.Key, StringComparer.Ordinal));
        foreach (var storage in s_configured)
            answers.Add(await CatalogueSuite.ListAsync(catalogue.ReplicasOfAsync("default", storage, default)));
        foreach (var id in Enumerable.Range(1, 30))
            answers.Add(await catalogue.FindAsync(id, default));
        var due = await catalogue.LeaseVerificationsAsync("default", s_configured, middle, middle, TimeSpan.FromSeconds(30), 1000, default);
        answers.Add(due.OrderBy(static one => one.RepositoryId).ThenBy(static one => one.Storage, StringComparer.Ordinal));
        await catalogue.ReleaseVerificationsAsync(due, default);
        return JsonSerializer.Serialize(answers);
    }
}

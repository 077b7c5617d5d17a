using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.Tests;

public sealed class GitOverHttpTests : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private TestNode _node = null!;
    private Uri _url = null!;

    public async Task InitializeAsync()
    {
        _node = await TestNode.StartAsync(_folder["storage"]);
        _url = await _node.ServeHttpAsync();
        await _node.CreateAsync();
    }

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_is_pushed_can_be_cloned_and_fetched()
    {
        var work = await GitClient.WorkTreeAsync(_folder, "work");
        await GitClient.RunAsync(work, "push", "-q", Repository, "main");
        await GitClient.RunAsync(_folder.FullPath, "clone", "-q", Repository, "copy");
        var next = await GitClient.CommitAsync(work, "second");
        await GitClient.RunAsync(work, "tag", "-a", "v1", "-m", "one");
        await GitClient.RunAsync(work, "push", "-q", Repository, "main", "v1");
        await GitClient.RunAsync(_folder["copy"], "pull", "-q", "--tags");

        Assert.Equal(next, await GitClient.RunAsync(_folder["copy"], "rev-parse", "HEAD"));
        Assert.Equal(next, await GitClient.RunAsync(_folder["copy"], "rev-parse", "v1^{commit}"));
    }

    [Fact]
    public async Task A_push_tells_the_user_nothing_about_the_nodes_own_git()
    {
        var work = await GitClient.WorkTreeAsync(_folder, "work");
        var (code, output) = await GitClient.TryAsync(work, "push", "-q", Repository, "main");

        Assert.Equal((0, ""), (code, output));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("2")]
    public async Task A_shallow_clone_works_with_each_protocol(string version)
    {
        var work = await GitClient.WorkTreeAsync(_folder, "work");
        await GitClient.CommitAsync(work, "second");
        await GitClient.RunAsync(work, "push", "-q", Repository, "main");
        await GitClient.RunAsync(_folder.FullPath, "-c", $"protocol.version={version}", "clone", "-q", "--depth=1", Repository, "copy");

        Assert.Equal("1", await GitClient.RunAsync(_folder["copy"], "rev-list", "--count", "HEAD"));
        await GitClient.RunAsync(_folder["copy"], "-c", $"protocol.version={version}", "fetch", "-q", "--unshallow");
        Assert.Equal("2", await GitClient.RunAsync(_folder["copy"], "rev-list", "--count", "HEAD"));
    }

    [Fact]
    public async Task A_blob_of_20_MB_goes_up_and_comes_back()
    {
        var work = await GitClient.WorkTreeAsync(_folder, "work");
        var data = RandomNumberGenerator.GetBytes(20_000_000);
        await File.WriteAllBytesAsync(Path.Combine(work, "big"), data);
        await GitClient.CommitAsync(work, "big");
        await GitClient.RunAsync(work, "push", "-q", Repository, "main");
        await GitClient.RunAsync(_folder.FullPath, "clone", "-q", Repository, "copy");

        Assert.Equal(data, await File.ReadAllBytesAsync(Path.Combine(_folder["copy"], "big")));
    }

    [Fact]
    public async Task Two_hundred_branches_are_pushed_and_one_is_deleted()
    {
        var work = await GitClient.WorkTreeAsync(_folder, "work");
        var head = await GitClient.RunAsync(work, "rev-parse", "HEAD");
        var lines = Enumerable.Range(0, 200).Select(i => string.Create(CultureInfo.InvariantCulture, $"{head} refs/heads/b{i:d3}"));
        await File.WriteAllLinesAsync(Path.Combine(work, ".git", "packed-refs"), lines);

        await GitClient.RunAsync(work, "push", "-q", Repository, "refs/heads/*:refs/heads/*");
        await GitClient.RunAsync(work, "push", "-q", Repository, ":b007");
        var names = await GitClient.RunAsync(_folder.FullPath, "ls-remote", "--heads", Repository);

        Assert.Equal(200, names.Split('\n').Length);
        Assert.DoesNotContain("b007", names, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_push_that_is_no_fast_forward_is_refused_and_forced_if_asked()
    {
        var work = await GitClient.WorkTreeAsync(_folder, "work");
        await GitClient.CommitAsync(work, "second");
        await GitClient.RunAsync(work, "push", "-q", Repository, "main");
        await GitClient.RunAsync(work, "reset", "-q", "--hard", "HEAD~1");
        Assert.NotEqual(0, (await GitClient.TryAsync(work, "push", Repository, "main")).Code);
        await GitClient.RunAsync(work, "push", "-q", "--force", Repository, "main");

        Assert.StartsWith(await GitClient.RunAsync(work, "rev-parse", "HEAD"), await GitClient.RunAsync(work, "ls-remote", Repository, "refs/heads/main"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_repository_is_404_with_words()
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri(_url, "no/such.git/info/refs?service=git-upload-pack"));

        Assert.Equal(404, (int)response.StatusCode);
        Assert.Equal("repository not found\n", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("-x/y.git")]
    [InlineData("+storage-node/home")]
    [InlineData("a//b.git")]
    public async Task A_path_that_is_refused_is_400(string path)
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri(_url, path + "/info/refs?service=git-upload-pack"));

        Assert.Equal(400, (int)response.StatusCode);
    }

    [Fact]
    public async Task Answers_may_not_be_cached_and_the_first_one_names_the_service()
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri(_url, "a/b.git/info/refs?service=git-receive-pack"));

        Assert.Equal("application/x-git-receive-pack-advertisement", response.Content.Headers.ContentType!.ToString());
        Assert.True(response.Headers.CacheControl!.NoCache);
        Assert.StartsWith("001f# service=git-receive-pack\n0000", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_claims_to_be_gzip_and_is_not_fails_cleanly()
    {
        using var http = new HttpClient();
        using var body = new ByteArrayContent([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/x-git-receive-pack-request");
        body.Headers.ContentEncoding.Add("gzip");
        using var response = await http.PostAsync(new Uri(_url, "a/b.git/git-receive-pack"), body);

        Assert.Equal(400, (int)response.StatusCode);
    }

    [Fact]
    public async Task A_reader_that_stalls_makes_git_stall_and_not_the_memory_grow()
    {
        var work = await GitClient.WorkTreeAsync(_folder, "work");
        await File.WriteAllBytesAsync(Path.Combine(work, "big"), RandomNumberGenerator.GetBytes(60_000_000));
        await GitClient.CommitAsync(work, "big");
        await GitClient.RunAsync(work, "push", "-q", Repository, "main");
        var head = await GitClient.RunAsync(work, "rev-parse", "HEAD");
        var before = GC.GetTotalMemory(forceFullCollection: true);

        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_url, "a/b.git/git-upload-pack"));
        request.Content = new StringContent($"0032want {head}\n00000009done\n");
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        await stream.ReadExactlyAsync(new byte[1000]);
        await Task.Delay(TimeSpan.FromSeconds(1));
        var during = GC.GetTotalMemory(forceFullCollection: true);

        Assert.True(during - before < 40_000_000, $"{(during - before) / 1_000_000} MB more while nobody reads");
        var rest = new byte[65536];
        long count = 1000;
        for (var read = await stream.ReadAsync(rest); read > 0; read = await stream.ReadAsync(rest))
        {
            count += read;
        }

        Assert.InRange(count, 60_000_000, 61_000_000);
    }

    [Fact]
    public async Task An_existence_check_says_what_is_there()
    {
        var there = await _node.CallAsync("RepositoryService/RepositoryExists", new RepositoryExistsRequest { Repository = _node.Repository() }, RepositoryExistsResponse.Parser);
        var missing = await _node.CallAsync("RepositoryService/RepositoryExists", new RepositoryExistsRequest { Repository = _node.Repository("x") }, RepositoryExistsResponse.Parser);

        Assert.True(there.Exists);
        Assert.False(missing.Exists);
    }

    private string Repository => new Uri(_url, "a/b.git").ToString();
}

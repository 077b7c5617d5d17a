using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Praefect.Gateway.Front;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Wire.Contract;
using Praefect.Wire.Nodes;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

public sealed class GitFront
{
    [Theory]
    [InlineData("default/group/project.git", "default", "group/project.git")]
    [InlineData("default/project", "default", "project.git")]
    public void A_url_names_virtual_storage_and_path(string url, string storage, string path)
    {
        var repository = GitHttpFront.Locate(url)!;
        Assert.Equal((storage, path), (repository.StorageName, repository.RelativePath));
    }

    [Theory]
    [InlineData("default")]
    [InlineData("default/../x.git")]
    [InlineData("default//x.git")]
    public void A_url_that_names_no_repository_is_nothing(string url) => Assert.Null(GitHttpFront.Locate(url));

    [Theory]
    [InlineData(null, 401)]
    [InlineData("Bearer wrong", 401)]
    [InlineData("Bearer secret", 200)]
    [InlineData("Basic bWU6c2VjcmV0", 200)]
    [InlineData("Basic %%%", 401)]
    public async Task A_token_is_asked_for_when_one_is_configured(string? authorization, int expected)
    {
        var options = new GatewayOptions { GitHttp = new GitHttpFrontOptions { Enabled = true, PathPrefix = "/git", Token = "secret" } };
        await using var front = new GitHttpFront(options, () => NodeAddress.Parse("tcp://127.0.0.1:1"), TimeProvider.System, NullLoggerFactory.Instance);
        var http = new DefaultHttpContext { Request = { Path = "/git/default/a.git/info/refs" } };
        http.Request.Headers.Authorization = authorization;
        var reached = "";
        await front.Guard(c =>
        {
            reached = c.Request.Path;
            return Task.CompletedTask;
        })(http);
        Assert.Equal(expected, http.Response.StatusCode);
        Assert.Equal(expected == 200 ? "/default/a.git/info/refs" : "", reached);
    }

    [Fact]
    public async Task A_push_creates_what_does_not_exist_when_that_is_wanted()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].Answers(Methods.Repository.CreateRepository, new CreateRepositoryResponse());
        cluster.Repository.Exists = false;
        var options = new GatewayOptions { GitHttp = new GitHttpFrontOptions { Enabled = true, CreateOnPush = true } };
        await using var front = new GitHttpFront(options, () => NodeAddress.Parse(cluster.Address), TimeProvider.System, NullLoggerFactory.Instance);
        await front.PrepareForPushAsync(TestCluster.Target, default);
        Assert.NotNull(cluster.Repository.Creation);
        Assert.Single(cluster.Nodes[0].Requests);
        cluster.Repository.Exists = true;
        await front.PrepareForPushAsync(TestCluster.Target, default);
        Assert.Single(cluster.Nodes[0].Requests);
    }
}

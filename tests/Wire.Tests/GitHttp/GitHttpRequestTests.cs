using Microsoft.AspNetCore.Http;
using Praefect.Wire.GitHttp;
using Praefect.Wire.Grpc;

namespace Praefect.Wire.Tests.GitHttp;

public sealed class GitHttpRequestTests
{
    [Theory]
    [InlineData("GET", "/a/b.git/info/refs", "?service=git-upload-pack", "a/b.git", GitService.UploadPack, true)]
    [InlineData("GET", "/b.git/info/refs", "?service=git-receive-pack", "b.git", GitService.ReceivePack, true)]
    [InlineData("POST", "/a/b.git/git-upload-pack", "", "a/b.git", GitService.UploadPack, false)]
    [InlineData("POST", "/a/b.git/git-receive-pack", "", "a/b.git", GitService.ReceivePack, false)]
    public void Smart_requests_are_read(string method, string path, string query, string repository, GitService service, bool discovery)
    {
        Assert.True(GitHttpRequest.TryParse(Request(method, path, query), out var parsed));
        Assert.Equal(new GitHttpRequest(repository, service, discovery), parsed);
    }

    [Theory]
    [InlineData("GET", "/a/b.git/info/refs", "")]
    [InlineData("GET", "/a/b.git/info/refs", "?service=git-evil")]
    [InlineData("GET", "/info/refs", "?service=git-upload-pack")]
    [InlineData("GET", "/a/b.git/git-upload-pack", "")]
    [InlineData("POST", "/a/b.git/info/refs", "?service=git-upload-pack")]
    [InlineData("GET", "/a/b.git/objects/info/packs", "")]
    public void Anything_else_is_not(string method, string path, string query) =>
        Assert.False(GitHttpRequest.TryParse(Request(method, path, query), out _));

    [Theory]
    [InlineData(GrpcStatusCode.NotFound, 404)]
    [InlineData(GrpcStatusCode.PermissionDenied, 403)]
    [InlineData(GrpcStatusCode.Unauthenticated, 401)]
    [InlineData(GrpcStatusCode.Unavailable, 503)]
    [InlineData(GrpcStatusCode.ResourceExhausted, 503)]
    [InlineData(GrpcStatusCode.InvalidArgument, 400)]
    [InlineData(GrpcStatusCode.Internal, 500)]
    public void Codes_have_an_http_status(GrpcStatusCode code, int status) => Assert.Equal(status, GitHttpErrors.StatusOf(code));

    private static HttpRequest Request(string method, string path, string query)
    {
        var request = new DefaultHttpContext().Request;
        request.Method = method;
        request.Path = path;
        request.QueryString = new QueryString(query);
        return request;
    }
}

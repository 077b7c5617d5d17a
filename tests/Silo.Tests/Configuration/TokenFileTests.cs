using Praefect.Silo.Configuration;

namespace Praefect.Silo.Tests.Configuration;

public sealed class TokenFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("praefect-token-").FullName;

    private string Secret => Path.Combine(_folder, "token");

    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData(UnixFileMode.UserRead)]
    public void The_secret_is_read_without_white_space_round_it(UnixFileMode mode)
    {
        Write("  s3cret\n", mode);

        Assert.Equal("s3cret", Load().Options.Auth.Token);
    }

    [Fact]
    public void An_empty_file_is_an_error_and_not_an_open_port()
    {
        Write(" \n", UnixFileMode.UserRead);

        var error = Assert.Throws<ConfigurationException>(Load);
        Assert.StartsWith($"validating config: auth.token_file: \"{Secret}\" is empty", Assert.Single(error.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_others_may_read_is_refused()
    {
        Write("s3cret", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);

        var error = Assert.Throws<ConfigurationException>(Load);
        Assert.Equal($"validating config: auth.token_file: mode of \"{Secret}\" must be 0600 or 0400, but is 0640", Assert.Single(error.Problems));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Write(string text, UnixFileMode mode)
    {
        File.WriteAllText(Secret, text);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Secret, mode);
    }

    private LoadedConfiguration Load() => ConfigurationFile.Load($"""
        listen_addr = ":2305"
        [auth]
        token_file = "{Secret}"
        [store]
        path = "x.db"
        [[virtual_storage]]
        name = "vs"
        node = [{"{"} storage = "a", address = "tcp://127.0.0.1:1" {"}"}]
        """);
}

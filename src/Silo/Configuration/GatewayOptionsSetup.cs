using Microsoft.Extensions.Options;
using Praefect.Gateway;
using Praefect.Gateway.Front;

namespace Praefect.Silo.Configuration;

/// <summary>Gives the gateway what the configuration file says.</summary>
internal sealed class GatewayOptionsSetup(IOptions<PraefectOptions> file) : IConfigureOptions<GatewayOptions>
{
    public void Configure(GatewayOptions options)
    {
        var configured = file.Value;
        options.AccessLogAllow = AccessLogOptions.Compile(configured.AccessLog.AllowPattern);
        if (configured.AccessLog.DenyPattern is { } deny)
            options.AccessLogDeny = AccessLogOptions.Compile(deny);
        options.Tokens = configured.Auth.Token.Length > 0 ? [configured.Auth.Token] : [];
        options.AuthTransitioning = configured.Auth.Transitioning;
        // Where a grain may be in another process, a write that went down with that is to be noticed soon.
        if (configured.Database is not null)
            options.UseCluster();
        options.GitHttp = new GitHttpFrontOptions
        {
            Enabled = configured.GitHttp.ListenAddress.Length > 0,
            Token = configured.GitHttp.Token.Length > 0 ? configured.GitHttp.Token : null,
            CreateOnPush = configured.GitHttp.CreateOnPush,
        };
    }
}

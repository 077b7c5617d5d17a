using Microsoft.Extensions.Options;
using Praefect.Gateway;
using Praefect.Gateway.Front;

namespace Praefect.Silo.Configuration;

/// <summary>Gives the gateway what the configuration file says.</summary>
internal sealed class GatewayOptionsSetup(IOptions<PraefectOptions> file) : IConfigureOptions<GatewayOptions>
{
    private static readonly TimeSpan ClusterRenewal = TimeSpan.FromSeconds(1);

    // A request that was on its way into a silo that died is answered by nobody. Both calls may be repeated.
    private static readonly TimeSpan ClusterAttempt = TimeSpan.FromSeconds(1);

    public void Configure(GatewayOptions options)
    {
        var configured = file.Value;
        options.AccessLogAllow = AccessLogOptions.Compile(configured.AccessLog.AllowPattern);
        if (configured.AccessLog.DenyPattern is { } deny)
            options.AccessLogDeny = AccessLogOptions.Compile(deny);
        options.Tokens = configured.Auth.Token.Length > 0 ? [configured.Auth.Token] : [];
        options.AuthTransitioning = configured.Auth.Transitioning;
        // Where silos can die apart from gateways, a write that went down with one is to be noticed soon.
        if (configured.Silo.Kind != SiloRole.All)
        {
            options.RenewInterval = ClusterRenewal;
            options.BeginTimeout = ClusterAttempt;
            options.FinishAttemptTimeout = ClusterAttempt;
        }

        options.GitHttp = new GitHttpFrontOptions
        {
            Enabled = configured.GitHttp.ListenAddress.Length > 0,
            Token = configured.GitHttp.Token.Length > 0 ? configured.GitHttp.Token : null,
            CreateOnPush = configured.GitHttp.CreateOnPush,
        };
    }
}

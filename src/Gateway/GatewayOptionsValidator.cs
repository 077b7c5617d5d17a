using Microsoft.Extensions.Options;

namespace Praefect.Gateway;

/// <summary>Names every mistake in <see cref="GatewayOptions"/> when the host starts.</summary>
internal sealed class GatewayOptionsValidator : IValidateOptions<GatewayOptions>
{
    public ValidateOptionsResult Validate(string? name, GatewayOptions options) =>
        options.Validate() is { Count: > 0 } mistakes ? ValidateOptionsResult.Fail(mistakes) : ValidateOptionsResult.Success;
}

using Microsoft.Extensions.Options;

namespace Praefect.Grains;

/// <summary>Names every mistake in <see cref="GrainOptions"/> when the host starts.</summary>
internal sealed class GrainOptionsValidator : IValidateOptions<GrainOptions>
{
    public ValidateOptionsResult Validate(string? name, GrainOptions options) =>
        options.Validate() is { IsEmpty: false } mistakes ? ValidateOptionsResult.Fail(mistakes) : ValidateOptionsResult.Success;
}

using Microsoft.Extensions.Options;

namespace Praefect.Silo.Configuration;

/// <summary>Hands on what was read: the file comes before the host, whose logs and listeners it configures.</summary>
internal sealed class PraefectOptionsFactory(PraefectOptions read, IEnumerable<IValidateOptions<PraefectOptions>> validations)
    : OptionsFactory<PraefectOptions>([], [], validations)
{
    protected override PraefectOptions CreateInstance(string name) => read;
}

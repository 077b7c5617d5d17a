using Praefect.Wire.Framing;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Intercepted;

/// <summary>The repository of a decoded request, in the form that the common check takes.</summary>
internal static class RepositoryTarget
{
    public static RepositoryFields Fields(Repository? repository) =>
        repository is null ? RepositoryFields.None : new RepositoryFields(Present: true, repository.StorageName, repository.RelativePath);
}

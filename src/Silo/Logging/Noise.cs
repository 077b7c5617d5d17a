using Microsoft.Extensions.Logging;

namespace Praefect.Silo.Logging;

/// <summary>Warnings of the frameworks that tell an operator nothing: one who reads them at every start stops reading warnings.</summary>
internal static class Noise
{
    // Orleans recommends the garbage collector of servers. It pays with many cores and a large heap; here the heap is small, and it would cost memory and no pause less.
    private const string Silo = "Orleans.Runtime.Silo";
    private const int CollectorOfWorkstations = 100405;

    public static bool Is(string category, EventId id) => id.Id == CollectorOfWorkstations && string.Equals(category, Silo, StringComparison.Ordinal);
}

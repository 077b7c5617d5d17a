using System.Collections.Immutable;
using Praefect.Grains.Turns;
using Praefect.Wire.Contract;
using Praefect.Wire.Framing;

namespace Praefect.Gateway.Turns;

/// <summary>On what a method takes its turn.</summary>
internal sealed record TurnRule
{
    /// <summary>It takes none.</summary>
    public static TurnRule None { get; } = new();

    /// <summary>What it touches stands in the stream that follows its first message.</summary>
    public bool IsPush { get; init; }

    /// <summary>The one thing that it touches; null: what the names say.</summary>
    public string? Fixed { get; init; }

    /// <summary>Way to the names of references; null: it names none.</summary>
    public FieldPath? Names { get; init; }

    /// <summary>What a bare name is completed with.</summary>
    public string Prefix { get; init; } = string.Empty;

    /// <summary>It deletes whatever it names.</summary>
    public bool AlwaysDeletes { get; init; }

    /// <summary>Way to the new object ids, of which zeros delete; null: there are none.</summary>
    public FieldPath? NewValues { get; init; }

    /// <summary>Way to a field that means that not all names are known; null: there is none.</summary>
    public FieldPath? Whole { get; init; }

    /// <summary>The keys of a call.</summary>
    /// <param name="message">Its first message.</param>
    /// <exception cref="Wire.Grpc.GrpcException">Internal: the message is not protobuf.</exception>
    public ImmutableArray<string> Keys(ReadOnlySpan<byte> message)
    {
        if (Fixed is not null)
            return [Fixed];
        if (Names is null)
            return [];
        if (Whole is not null && FieldValues.Read(message, Whole, 1).Length > 0)
            return [TurnKeys.WholeRepository];
        var names = FieldValues.Read(message, Names, TurnKeys.Most + 1).RemoveAll(string.IsNullOrEmpty);
        if (names.Length > TurnKeys.Most)
            return [TurnKeys.WholeRepository];
        var keys = Prefix.Length == 0 ? names : [.. names.Select(n => n.StartsWith(Prefix, StringComparison.Ordinal) ? n : Prefix + n)];
        return keys.Length > 0 && Deletes(message) ? keys.Add(TurnKeys.Deletions) : keys;
    }

    private bool Deletes(ReadOnlySpan<byte> message) =>
        AlwaysDeletes || (NewValues is not null && FieldValues.Read(message, NewValues, TurnKeys.Most).Any(IsZeros));

    private static bool IsZeros(string id) => id.Length > 0 && !id.AsSpan().ContainsAnyExcept('0');
}

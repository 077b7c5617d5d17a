using System.Security.Cryptography;
using System.Text;
using Praefect.Grains.Transactions;

namespace Praefect.Simulation.Machines;

/// <summary>What a write does on a node.</summary>
internal enum ChangeKind
{
    /// <summary>Sets a reference if it is what the client saw.</summary>
    Update,

    /// <summary>Makes the repository.</summary>
    Create,
}

/// <summary>A write as the client sends it. Its value is unique in the run, so that whoever has it has taken this write.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Reference">The reference that it sets.</param>
/// <param name="Old">What that must be before; null: it must not exist.</param>
/// <param name="Value">What it is set to.</param>
/// <param name="Votes">Nodes vote on it.</param>
/// <param name="Declined">A hook on the primary declines it.</param>
/// <param name="Pushed">What it changes comes after the call's first message, so that its turn is taken when nodes have been called.</param>
internal sealed record Change(ChangeKind Kind, string Reference, string? Old, string Value, bool Votes, bool Declined, bool Pushed)
{
    /// <summary>What a node votes; <paramref name="salt"/> is not empty on a node that is about to do something else.</summary>
    public Vote VoteFor(string salt)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{Kind} {Reference} {Old} {Value} {salt}"));
        _ = Vote.TryRead(hash.AsSpan(0, Vote.Length), out var vote);
        return vote;
    }

    public override string ToString() => $"{Kind} {Reference} {Old ?? "none"}->{Value}{(Votes ? string.Empty : " without votes")}{(Declined ? " declined" : string.Empty)}{(Pushed ? " pushed" : string.Empty)}";
}

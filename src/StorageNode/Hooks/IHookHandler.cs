using Praefect.StorageNode.Git;

namespace Praefect.StorageNode.Hooks;

/// <summary>What a hook's question is put to.</summary>
public interface IHookHandler
{
    /// <summary>Decides; <paramref name="updates"/> is what git wrote to the hook, byte for byte. Null lets git go on, a text is why not.</summary>
    Task<string?> HandleAsync(HookState state, ReadOnlyMemory<byte> updates, CancellationToken cancellationToken);
}

/// <summary>The way of one git process to its handler; disposing closes it.</summary>
public sealed class HookRegistration(HookAccess access, Action close) : IDisposable
{
    /// <summary>What the git process must be started with.</summary>
    public HookAccess Access { get; } = access;

    /// <inheritdoc/>
    public void Dispose() => close();
}

namespace Praefect.Grains.Embedded.Activations;

internal enum ActivationState
{
    /// <summary>In the directory, nobody has called yet.</summary>
    Created,

    /// <summary>Constructing, reading state, in OnActivateAsync; calls wait.</summary>
    Activating,

    /// <summary>Takes calls.</summary>
    Valid,

    /// <summary>Finishes what is under way, then OnDeactivateAsync; calls wait for the next activation.</summary>
    Deactivating,

    /// <summary>Gone.</summary>
    Invalid,
}

using System.Runtime.InteropServices;

namespace Praefect.Silo.Hosting;

/// <summary>
/// A second SIGTERM, SIGINT or SIGQUIT ends the process at once: whoever sends it does not want to wait for running calls any longer. Nothing is lost by it
/// that a crash would not lose. The first one is the host's, which drains.
/// </summary>
internal sealed class ForcedStop : IDisposable
{
    private readonly Action<string> _force;
    private readonly PosixSignalRegistration[] _registrations;
    private int _received;

    private ForcedStop(Action<string> force)
    {
        _force = force;
        _registrations = [Watch(PosixSignal.SIGTERM, "terminated"), Watch(PosixSignal.SIGINT, "interrupt"), Watch(PosixSignal.SIGQUIT, "quit")];
    }

    /// <summary>Watches for signals until it is disposed.</summary>
    /// <param name="force">Ends the process; gets the name of the second signal.</param>
    public static ForcedStop Watch(Action<string> force) => new(force);

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
    }

    // Not cancelled here: until the host listens, a signal ends the process as it always does.
    private PosixSignalRegistration Watch(PosixSignal signal, string name) => PosixSignalRegistration.Create(signal, _ =>
    {
        if (Interlocked.Increment(ref _received) == 2)
            _force(name);
    });
}

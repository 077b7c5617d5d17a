using System.Runtime.InteropServices;

namespace Praefect.StorageNode.Git;

/// <summary>Signals to processes and process groups.</summary>
internal static class ProcessSignals
{
    private const int Terminate = 15;
    private const int Kill = 9;

    /// <summary>Asks the process and its group to end. Git removes its lock files and its half-written packs on this signal.</summary>
    public static void SendTerminate(int processId) => Send(processId, Terminate);

    /// <summary>Ends the process and its group at once.</summary>
    public static void SendKill(int processId) => Send(processId, Kill);

    /// <summary>Ends what is left of the group of a process that has ended itself. Its own id may already belong to another process.</summary>
    public static void SendKillToGroup(int processId)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(processId, 1);
        _ = NativeKill(-processId, Kill);
    }

    private static void Send(int processId, int signal)
    {
        // 0, 1 and negative numbers would reach every process that this user owns.
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(processId, 1);

        // The group exists once setsid ran; before that only the process itself can be reached. Errors mean it is gone.
        _ = NativeKill(-processId, signal);
        _ = NativeKill(processId, signal);
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int NativeKill(int processId, int signal);
}

using System.Runtime.InteropServices;

namespace Praefect.Trial.Processes;

/// <summary>POSIX signals to a process. .NET can only kill.</summary>
internal static partial class Signals
{
    public const int Interrupt = 2;
    public const int Terminate = 15;
    public const int Kill = 9;

    // The two differ between Linux and macOS.
    public static readonly int Stop = OperatingSystem.IsMacOS() ? 17 : 19;
    public static readonly int Continue = OperatingSystem.IsMacOS() ? 19 : 18;

    /// <summary>Sends a signal, to a whole group by its negative number; a process that is gone is no error.</summary>
    public static void Send(int processId, int signal)
    {
        if (kill(processId, signal) == 0)
            return;
        const int NoSuchProcess = 3;
        var error = Marshal.GetLastPInvokeError();
        if (error != NoSuchProcess)
            throw new InvalidOperationException($"signal {signal} to process {processId}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int kill(int processId, int signal);
}

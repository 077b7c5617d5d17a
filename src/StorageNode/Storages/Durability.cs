using System.Runtime.InteropServices;

namespace Praefect.StorageNode.Storages;

/// <summary>Flushes folders to the disk: git flushes files, but a file that was renamed or made is only safe once its folder is.</summary>
internal static class Durability
{
    /// <summary>Flushes the folder's own entries. Errors are ignored: some file systems cannot, and then nothing can be done.</summary>
    public static void FlushFolder(string path)
    {
        var descriptor = NativeOpen(path, 0);
        if (descriptor >= 0)
        {
            _ = NativeSync(descriptor);
            _ = NativeClose(descriptor);
        }
    }

    /// <summary>Flushes every file and folder under <paramref name="path"/>; for new repositories, which are small or freshly written by git.</summary>
    public static void FlushTree(string path)
    {
        foreach (var file in Directory.EnumerateFiles(path))
        {
            FlushFolder(file);
        }

        foreach (var folder in Directory.EnumerateDirectories(path))
        {
            FlushTree(folder);
        }

        FlushFolder(path);
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int NativeOpen([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int NativeSync(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int NativeClose(int descriptor);
}

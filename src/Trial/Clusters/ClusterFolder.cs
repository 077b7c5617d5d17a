namespace Praefect.Trial.Clusters;

/// <summary>The folder that holds everything of a cluster. One process at a time can have it.</summary>
public sealed class ClusterFolder : IDisposable
{
    private readonly FileStream _lock;

    private ClusterFolder(string path, FileStream heldLock)
    {
        Path = path;
        _lock = heldLock;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The gateway's configuration, written anew at each start.</summary>
    public string Configuration => System.IO.Path.Combine(Path, "praefect.toml");

    /// <summary>The gateway's records.</summary>
    public string Store => System.IO.Path.Combine(Path, "praefect.db");

    /// <summary>The database of a cluster of silos.</summary>
    public string Postgres => System.IO.Path.Combine(Path, "postgres");

    /// <summary>The ports of the last start.</summary>
    public string Ports => System.IO.Path.Combine(Path, "ports.json");

    /// <summary>The ports of the last start of a cluster of silos.</summary>
    public string SiloPorts => System.IO.Path.Combine(Path, "silo-ports.json");

    /// <summary>Logs of all processes.</summary>
    public string Logs => System.IO.Path.Combine(Path, "logs");

    /// <summary>Makes the folder where it is missing, and locks it.</summary>
    /// <exception cref="TrialException">It cannot be written, or another process has it.</exception>
    public static ClusterFolder Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(System.IO.Path.Combine(path, "logs"));
            return new ClusterFolder(path, new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new TrialException($"the folder {path} cannot be written: {e.Message} Choose another one with --data.");
        }
        catch (IOException e)
        {
            throw new TrialException(
                $"the folder {path} cannot be used: {e.Message}. If another cluster runs in it, stop that first, or choose another folder with --data.");
        }
    }

    /// <summary>Refuses a folder that holds a cluster of the other kind: its disks would have repositories that nothing knows of.</summary>
    /// <param name="silos">Whether a cluster of silos is to use it, and not a single process.</param>
    /// <exception cref="TrialException">It holds the other kind.</exception>
    public void CheckKind(bool silos)
    {
        if (silos ? File.Exists(Store) : Directory.Exists(Postgres))
        {
            throw new TrialException(silos
                ? $"the folder {Path} holds the records of a single process: start it without --cluster, or choose another folder with --data"
                : $"the folder {Path} holds a cluster of silos: start it with --cluster, or choose another folder with --data");
        }
    }

    /// <summary>The disk of a storage node, made where it is missing.</summary>
    public string Storage(string name) => Directory.CreateDirectory(System.IO.Path.Combine(Path, "storages", name)).FullName;

    /// <summary>The log of a process.</summary>
    public string Log(string name) => System.IO.Path.Combine(Logs, name + ".log");

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();
}

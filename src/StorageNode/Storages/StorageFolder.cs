using System.Globalization;
using System.Security.Cryptography;
using Praefect.StorageNode.Git;
using Praefect.StorageNode.Hosting;
using Praefect.Wire.Grpc;

namespace Praefect.StorageNode.Storages;

/// <summary>
/// One storage: a folder with repositories, and the node's own folder in it. Held open exclusively while the node runs, because a
/// starting node ends the git processes and removes the locks that it finds.
/// </summary>
public sealed class StorageFolder : IDisposable
{
    /// <summary>Name of the node's own folder. Its first character is refused in repositories' paths.</summary>
    public const string PrivateName = "+storage-node";

    private readonly FileStream _lock;

    private StorageFolder(string name, string path, FileStream held, GitRunner git)
    {
        Name = name;
        FullPath = path;
        _lock = held;
        Git = git;
    }

    /// <summary>The storage's name on the wire.</summary>
    public string Name { get; }

    /// <summary>Absolute path without symbolic links.</summary>
    public string FullPath { get; }

    /// <summary>Runs git for this storage.</summary>
    public GitRunner Git { get; }

    /// <summary>Where the hook lies.</summary>
    public string HooksFolder => Path.Combine(FullPath, PrivateName, "hooks");

    /// <summary>Where repositories lie before they become visible and after they stop being so. Same file system, so that renames are atomic.</summary>
    public string TemporaryFolder => Path.Combine(FullPath, PrivateName, "tmp");

    /// <summary>A random id of the folder, made when it is used first; tells whether two nodes share a file system.</summary>
    public string FileSystemId { get; private set; } = "";

    /// <summary>Opens the folder, ends what a killed node left running in it and removes its leftovers.</summary>
    /// <exception cref="NodeStartException">Missing, not writable, or in use by another node.</exception>
    public static async Task<StorageFolder> OpenAsync(string name, string path, StorageFolderSettings settings, CancellationToken cancellationToken)
    {
        var full = Resolve(path);
        var own = Path.Combine(full, PrivateName);
        FileStream held;
        try
        {
            Directory.CreateDirectory(own);
            held = new FileStream(Path.Combine(own, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException)
        {
            throw new NodeStartException($"storage folder {path} is not writable: give user {System.Environment.UserName} write access to it, or choose another --path");
        }
        catch (IOException exception)
        {
            throw new NodeStartException($"storage folder {path} is in use by another storage node ({exception.Message}): stop it, or choose another --path", exception);
        }

        try
        {
            var environment = new GitEnvironment(settings.Git.Version, full, Path.Combine(own, "home"), settings.Durable);
            environment.WriteConfigurationFile();
            var folder = new StorageFolder(name, full, held, new GitRunner(settings.Git, environment, settings.Limit, settings.Time));
            await Leftovers.RemoveAsync(folder, settings.Time, cancellationToken);
            Directory.CreateDirectory(folder.TemporaryFolder);
            await Hooks.HookScript.WriteAsync(folder.HooksFolder, cancellationToken);
            folder.FileSystemId = await ReadOrMakeIdAsync(Path.Combine(own, "id"), cancellationToken);
            return folder;
        }
        catch
        {
            await held.DisposeAsync();
            throw;
        }
    }

    /// <summary>The place of a repository, which need not exist.</summary>
    /// <exception cref="GrpcException">InvalidArgument: the path is refused.</exception>
    public RepositoryFolder Locate(string relativePath)
    {
        RelativePath.Check(relativePath);
        var path = FullPath;
        foreach (var segment in relativePath.Split('/'))
        {
            path = Path.Combine(path, segment);
            CheckLink(path);
        }

        return new RepositoryFolder(this, relativePath, path);
    }

    /// <summary>A path for a new file or folder in <see cref="TemporaryFolder"/>.</summary>
    public string NewTemporaryPath(string purpose) =>
        Path.Combine(TemporaryFolder, string.Create(CultureInfo.InvariantCulture, $"{purpose}-{RandomNumberGenerator.GetHexString(24, lowercase: true)}"));

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private static string Resolve(string path)
    {
        if (!Directory.Exists(path))
        {
            throw new NodeStartException($"storage folder {path} does not exist: create it (mkdir -p {path}), or choose another --path");
        }

        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return new DirectoryInfo(full).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? full;
    }

    private void CheckLink(string path)
    {
        var info = new DirectoryInfo(path);
        if (info.LinkTarget is null)
        {
            return;
        }

        var target = info.ResolveLinkTarget(returnFinalTarget: true)?.FullName;
        if (target is null || !(target + "/").StartsWith(FullPath + "/", StringComparison.Ordinal)
            || (target + "/").StartsWith(Path.Combine(FullPath, PrivateName) + "/", StringComparison.Ordinal))
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "relative path escapes root directory");
        }
    }

    private static async Task<string> ReadOrMakeIdAsync(string path, CancellationToken cancellationToken)
    {
        if (File.Exists(path))
        {
            return (await File.ReadAllTextAsync(path, cancellationToken)).Trim();
        }

        var id = RandomNumberGenerator.GetHexString(32, lowercase: true);
        await File.WriteAllTextAsync(path, id, cancellationToken);
        return id;
    }
}

/// <summary>What all storages of a node share: the git binary, the bound on processes, whether writes are flushed, the clock.</summary>
public sealed record StorageFolderSettings(GitExecutable Git, GitProcessLimit Limit, bool Durable, TimeProvider Time);

using System.Globalization;

namespace Praefect.StorageNode.Git;

/// <summary>
/// The whole environment of every git process of this node. Nothing is inherited but PATH and the temporary folder: a variable such as
/// GIT_DIR in the node's own environment, or the configuration of the user who started it, must not change what a repository does.
/// </summary>
public sealed class GitEnvironment
{
    /// <summary>Marks the processes of one storage folder, so that a restarted node finds what a killed one left behind.</summary>
    public const string MarkerVariable = "PRAEFECT_STORAGE_FOLDER";

    // Newer ones warn about the older switch, and people see that when they push; older ones ignore the newer keys.
    private static readonly Version FsyncByName = new(2, 36);

    private readonly List<KeyValuePair<string, string>> _configuration;

    /// <param name="git">Version of the git that is started.</param>
    /// <param name="storageFolder">Absolute path of the storage folder, the value of the marker.</param>
    /// <param name="privateFolder">The node's own folder in it; home of the git processes.</param>
    /// <param name="durable">
    /// True: git flushes objects, their indexes and references to the disk before it reports success, so that an acknowledged write
    /// survives a power cut. False: the operating system decides when; for tests.
    /// </param>
    public GitEnvironment(Version git, string storageFolder, string privateFolder, bool durable)
    {
        StorageFolder = storageFolder;
        Durable = durable;
        HomeFolder = privateFolder;
        _configuration =
        [
            // "all" would add only the index, which bare repositories do not have. fsync is asked for by name because
            // git's other methods (batch, writeout-only) may report success before the data is on the disk.
            .. git >= FsyncByName
                ? [new("core.fsync", durable ? "objects,derived-metadata,reference" : "none"), new("core.fsyncMethod", "fsync")]
                : new KeyValuePair<string, string>[] { new("core.fsyncObjectFiles", durable ? "true" : "false") },
            new("safe.directory", "*"),
            new("core.logAllRefUpdates", "false"),
            new("core.bigFileThreshold", "50m"),
            new("gc.auto", "0"),
            new("maintenance.auto", "0"),
            new("receive.autogc", "false"),
            new("receive.updateServerInfo", "false"),
            new("receive.advertisePushOptions", "true"),
            new("receive.fsckObjects", "true"),
            new("receive.fsck.badTimezone", "ignore"),
            new("receive.fsck.missingSpaceBeforeDate", "ignore"),
            new("receive.fsck.zeroPaddedFilemode", "ignore"),
            new("uploadpack.allowFilter", "true"),
            // A client may ask for what was advertised a moment ago and has moved since.
            new("uploadpack.allowAnySHA1InWant", "true"),
            new("fetch.writeCommitGraph", "false"),
            new("fetch.recurseSubmodules", "false"),
            new("init.templateDir", ""),
            new("protocol.allow", "never"),
            new("protocol.http.allow", "always"),
            new("protocol.file.allow", "always"),
            new("credential.helper", ""),
            new("http.followRedirects", "false"),
            new("advice.fetchShowForcedUpdates", "false"),
        ];
    }

    /// <summary>Absolute path of the storage folder.</summary>
    public string StorageFolder { get; }

    /// <summary>Whether git flushes to the disk before it reports success.</summary>
    public bool Durable { get; }

    /// <summary>HOME of the git processes: an otherwise unused folder.</summary>
    public string HomeFolder { get; }

    /// <summary>Fills <paramref name="target"/>, which is cleared first.</summary>
    public void Apply(IDictionary<string, string?> target, GitCommand command)
    {
        var path = target.TryGetValue("PATH", out var value) ? value : null;
        target.Clear();
        target["PATH"] = path ?? "/usr/local/bin:/usr/bin:/bin";
        target["HOME"] = HomeFolder;
        target["LC_ALL"] = "C";
        target["TZ"] = "UTC";
        target["GIT_CONFIG_NOSYSTEM"] = "1";
        target["GIT_CONFIG_GLOBAL"] = Path.Combine(HomeFolder, "gitconfig");
        target["GIT_TERMINAL_PROMPT"] = "0";
        target["GIT_ASKPASS"] = "/bin/false";
        target["GIT_NO_REPLACE_OBJECTS"] = "1";
        target["GIT_COMMITTER_NAME"] = target["GIT_AUTHOR_NAME"] = "storage-node";
        target["GIT_COMMITTER_EMAIL"] = target["GIT_AUTHOR_EMAIL"] = "storage-node@localhost";
        target[MarkerVariable] = StorageFolder;
        if (command.GitDirectory is { } directory)
        {
            target["GIT_DIR"] = directory;
        }

        if (command.GitProtocol.Length > 0)
        {
            target["GIT_PROTOCOL"] = command.GitProtocol;
        }

        foreach (var (name, text) in command.Environment)
        {
            target[name] = text;
        }

        ApplyConfiguration(target, command);
    }

    private void ApplyConfiguration(IDictionary<string, string?> target, GitCommand command)
    {
        // Passed as GIT_CONFIG_COUNT (git 2.31): command scope, which wins over what stands in a repository's own configuration.
        var hooks = command.HookEnvironment;
        var index = 0;
        Add("core.hooksPath", hooks?.HooksFolder ?? "/dev/null");
        foreach (var (key, text) in _configuration)
        {
            Add(key, text);
        }

        foreach (var (key, text) in command.Configuration)
        {
            Add(key, text);
        }

        target["GIT_CONFIG_COUNT"] = index.ToString(CultureInfo.InvariantCulture);
        if (hooks is not null)
        {
            target["PRAEFECT_HOOK_PORT"] = hooks.Port.ToString(CultureInfo.InvariantCulture);
            target["PRAEFECT_HOOK_SECRET"] = hooks.Secret;
        }

        void Add(string key, string text)
        {
            target[string.Create(CultureInfo.InvariantCulture, $"GIT_CONFIG_KEY_{index}")] = key;
            target[string.Create(CultureInfo.InvariantCulture, $"GIT_CONFIG_VALUE_{index}")] = text;
            index++;
        }
    }

    /// <summary>Writes the configuration file that git reads as the user's own. Some versions honour <c>safe.directory</c> only there.</summary>
    public void WriteConfigurationFile()
    {
        Directory.CreateDirectory(HomeFolder);
        File.WriteAllText(Path.Combine(HomeFolder, "gitconfig"), "[safe]\n\tdirectory = *\n");
    }
}

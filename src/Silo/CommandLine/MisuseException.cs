namespace Praefect.Silo.CommandLine;

/// <summary>A command was called in a way that its help would have prevented; both are shown.</summary>
internal sealed class MisuseException : CommandException
{
    /// <summary>For arguments.</summary>
    public MisuseException(string message)
        : base(message)
    {
    }

    private MisuseException(string message, bool flag, bool help = true)
        : base(message) => (OfFlag, ShowsHelp) = (flag, help);

    /// <summary>A flag is wrong, not an argument.</summary>
    public bool OfFlag { get; }

    /// <summary>The help is shown, too.</summary>
    public bool ShowsHelp { get; } = true;

    /// <summary>The same, for the message alone.</summary>
    public MisuseException WithoutHelp() => new(Message, OfFlag, help: false);

    /// <summary>A flag has a value that it cannot have.</summary>
    public static MisuseException OfValue(string flag, string value, string advice) => new($"invalid value \"{value}\" for flag -{flag}: {advice}", flag: true);

    /// <summary>A flag that nobody knows.</summary>
    public static MisuseException OfUnknown(string flag) => new($"flag provided but not defined: -{flag}", flag: true);
}

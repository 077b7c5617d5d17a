using Praefect.Silo.CommandLine;
using Praefect.Silo.Configuration;

namespace Praefect.Silo.Commands;

/// <summary>The database that a command is about.</summary>
internal static class DatabaseOfRun
{
    /// <summary>The section <c>[database]</c>.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    public static DatabaseOptions Database(this CommandRun run) => run.Options.Database
        ?? throw new CommandException("the configuration has no [database] section: records are kept in the file of [store], which needs no care of this kind");
}

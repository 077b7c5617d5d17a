using System.CommandLine;
using Praefect.Silo.CommandLine;

namespace Praefect.Silo.Commands;

/// <summary>Every command but <c>serve</c>.</summary>
internal static class AllCommands
{
    public static IEnumerable<Command> Create(CommandFrame frame, TimeProvider time) =>
    [
        new ValidateCommand(frame.Console).Create(),
        .. new MigrationCommands(frame, time).All(),
        SqlPingCommand.Create(frame),
        ListStoragesCommand.Create(frame),
        DialNodesCommand.Create(frame),
        CheckCommand.Create(frame),
        DatalossCommand.Create(frame),
        AcceptDatalossCommand.Create(frame),
        MetadataCommand.Create(frame),
        ExplainCommand.Create(frame),
        VerifyCommand.Create(frame),
        SetReplicationFactorCommand.Create(frame),
        TrackRepositoryCommand.Create(frame),
        TrackRepositoriesCommand.Create(frame),
        RemoveRepositoryCommand.Create(frame),
        ListUntrackedRepositoriesCommand.Create(frame),
        PoolCommand.Create(frame),
        ImportCommand.Create(frame),
    ];
}

namespace Praefect.Database;

/// <summary>Is told what the migrator does, in order.</summary>
public interface IMigrationProgress
{
    /// <summary>How many scripts are about to be applied. Called once, only when there is at least one.</summary>
    void Planned(int count);

    /// <summary>A script starts.</summary>
    void Started(MigrationScript script);

    /// <summary>A script is applied and recorded.</summary>
    void Applied(MigrationScript script, TimeSpan duration);

    /// <summary>Somebody else applied the script meanwhile.</summary>
    void Skipped(MigrationScript script);
}

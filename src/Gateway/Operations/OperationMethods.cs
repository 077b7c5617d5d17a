namespace Praefect.Gateway.Operations;

/// <summary>Paths of praefect.operations.v1.Operations, the service that our own commands call.</summary>
public static class OperationMethods
{
    private const string Service = "/praefect.operations.v1.Operations/";

    /// <summary>Makes a record of what is on a disk.</summary>
    public const string TrackRepository = Service + "TrackRepository";

    /// <summary>Has missing copies made.</summary>
    public const string RepairRepository = Service + "RepairRepository";

    /// <summary>Deletes a record only.</summary>
    public const string ForgetRepository = Service + "ForgetRepository";

    /// <summary>Tells which paths on a disk have no record.</summary>
    public const string FindUntracked = Service + "FindUntracked";

    /// <summary>Keeps ids from being handed out.</summary>
    public const string RaiseRepositoryId = Service + "RaiseRepositoryId";

    /// <summary>Takes over records of a Praefect database.</summary>
    public const string ImportRepositories = Service + "ImportRepositories";

    /// <summary>Lists the replicas of a storage.</summary>
    public const string ListReplicas = Service + "ListReplicas";

    /// <summary>Says why a repository is served as it is.</summary>
    public const string ExplainRepository = Service + "ExplainRepository";
}

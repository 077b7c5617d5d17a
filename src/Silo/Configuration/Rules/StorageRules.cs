using System.Globalization;

namespace Praefect.Silo.Configuration.Rules;

/// <summary>What <c>[[virtual_storage]]</c> must fulfil.</summary>
internal static class StorageRules
{
    private const string Section = "virtual_storage";
    private const string NotSet = "not set";
    private const string Blank = "blank or empty";

    public static void Find(PraefectOptions options, ConfigurationFaults faults)
    {
        faults.When(options.VirtualStorages.Length == 0, NotSet, "no virtual storages configured", Section);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (place, storage) in options.VirtualStorages.Index())
        {
            var (index, prefix) = (Index(place), $"virtual storage \"{storage.Name}\"");
            faults.When(
                string.IsNullOrWhiteSpace(storage.Name), Blank, storage.Name.Length == 0 ? "virtual storages must have a name" : null, Section, index, "name");
            faults.When(storage.Name.Length > 0 && !names.Add(storage.Name), message: null, $"{prefix}: virtual storages must have unique names");
            faults.When(storage.Nodes.Length == 0, NotSet, $"{prefix}: no primary gitaly backends configured", Section, index, "node");
            if (storage.Nodes.Length > 0)
                FindInNodes(storage, index, prefix, faults);
        }
    }

    private static void FindInNodes(VirtualStorageOptions storage, string index, string prefix, ConfigurationFaults faults)
    {
        // The command tells each node, a start that there is one.
        foreach (var (place, node) in storage.Nodes.Index())
        {
            faults.When(string.IsNullOrWhiteSpace(node.Storage), Blank, refusal: null, Section, index, "node", Index(place), "storage");
            faults.When(string.IsNullOrWhiteSpace(node.Address), Blank, refusal: null, Section, index, "node", Index(place), "address");
        }

        faults.When(storage.Nodes.Any(static node => node.Storage.Length == 0), message: null, $"{prefix}: all gitaly nodes must have a storage");
        faults.When(storage.Nodes.Any(static node => node.Address.Length == 0), message: null, $"{prefix}: all gitaly nodes must have an address");
        var named = storage.Nodes.Where(static node => node.Storage.Length > 0).Select(static node => node.Storage).ToList();
        faults.When(named.Distinct(StringComparer.Ordinal).Count() < named.Count, message: null, $"{prefix}: internal gitaly storages are not unique");
        faults.When(
            storage.DefaultReplicationFactor > storage.Nodes.Length,
            message: null,
            $"{prefix} has a default replication factor ({storage.DefaultReplicationFactor}) which is higher than the number of storages ({storage.Nodes.Length})");
    }

    private static string Index(int index) => string.Create(CultureInfo.InvariantCulture, $"[{index}]");
}

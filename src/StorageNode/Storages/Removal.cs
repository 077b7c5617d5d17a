namespace Praefect.StorageNode.Storages;

/// <summary>Removes what is out of sight already.</summary>
internal static class Removal
{
    private const int Attempts = 5;

    /// <summary>
    /// Removes a folder of <see cref="StorageFolder.TemporaryFolder"/>. A git process that still works in it may make files meanwhile;
    /// what then cannot be removed is removed when the node starts next.
    /// </summary>
    public static void RemoveFolder(string path)
    {
        for (var attempt = 0; attempt < Attempts && Directory.Exists(path); attempt++)
        {
            try
            {
                Directory.Delete(path, recursive: true);
            }
            catch (IOException)
            {
            }
        }
    }
}

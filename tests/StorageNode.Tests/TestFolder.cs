namespace Praefect.StorageNode.Tests;

/// <summary>A folder that is removed with the test.</summary>
internal sealed class TestFolder : IDisposable
{
    public string FullPath { get; } = Directory.CreateTempSubdirectory("node-test-").FullName;

    public string this[string name] => Path.Combine(FullPath, name);

    public string Make(string name) => Directory.CreateDirectory(this[name]).FullName;

    public void Dispose()
    {
        for (var attempt = 0; attempt < 20 && Directory.Exists(FullPath); attempt++)
        {
            try
            {
                Directory.Delete(FullPath, recursive: true);
            }
            catch (IOException)
            {
                Thread.Yield(); // A git process that was told to end may still write.
            }
        }
    }
}

namespace Praefect.Trial.Processes;

/// <summary>The <c>dotnet</c> that runs this process: it runs the others, too, wherever it is installed.</summary>
public static class DotnetHost
{
    /// <summary>Path of the <c>dotnet</c> executable, three folders above the shared framework.</summary>
    public static string Path { get; } = Find();

    private static string Find()
    {
        var framework = System.IO.Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var found = System.IO.Path.GetFullPath(System.IO.Path.Combine(framework, "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
        return File.Exists(found) ? found : "dotnet";
    }

    /// <summary>
    /// The assembly of another project of this solution, built beside the one that runs: <c>…/bin/PROJECT/CONFIGURATION/NAME.dll</c>. With <c>PRAEFECT_PUBLISHED=1</c>
    /// in the environment the published one, compiled ahead as on a server: <c>…/publish/PROJECT/CONFIGURATION/NAME.dll</c>.
    /// </summary>
    /// <exception cref="FileNotFoundException">It was not built, or not published.</exception>
    public static string AssemblyOf(string project, string name)
    {
        var own = AppContext.BaseDirectory.TrimEnd(System.IO.Path.DirectorySeparatorChar);
        var configuration = System.IO.Path.GetFileName(own);
        var kind = Environment.GetEnvironmentVariable("PRAEFECT_PUBLISHED") == "1" ? "publish" : "bin";
        var path = System.IO.Path.GetFullPath(System.IO.Path.Combine(own, "..", "..", "..", kind, project, configuration, name + ".dll"));
        return File.Exists(path) ? path : throw new FileNotFoundException($"{name} was not built: {path} is missing");
    }
}

namespace Tandem.Serve.Tests.Infrastructure;

/// <summary>Where the programs are that these tests run.</summary>
internal static class Paths
{
    // artifacts/bin/Tandem.Serve.Tests/release
    private static readonly DirectoryInfo Here = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));

    /// <summary>The tool, as it is built.</summary>
    internal static string Tool => Built("Tandem.Tool");

    /// <summary>The application that is served.</summary>
    internal static string App => Built("Tandem.Serve.TestApp");

    /// <summary>What stands for the user's cache in these tests.</summary>
    internal static string Cache => Path.Combine(AppContext.BaseDirectory, "cache");

    /// <summary>
    /// The file through which debuggers and the like talk to a process that runs. Process ids come again, so files of other processes may
    /// have the same; the key tells them apart.
    /// </summary>
    internal static string DiagnosticSocketOf(int process) =>
        Path.Combine(Path.GetTempPath(), $"dotnet-diagnostic-{process}-{Tandem.Launch.DiagnosticFiles.KeyOf(process)}-socket");

    private static string Built(string project) => Path.Combine(Here.Parent!.Parent!.FullName, project, Here.Name, project + ".dll");
}

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("tandem-serve-").FullName;

    internal string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Puts a copy of the application there, which says that it is of a version.</summary>
    internal string AddApp(string name, string version)
    {
        string app = Add(name, Paths.App);
        File.WriteAllText(System.IO.Path.Combine(this[name], "version.txt"), version);
        return app;
    }

    /// <summary>Puts a copy of a program there, with all that lies beside it.</summary>
    internal string Add(string name, string program)
    {
        string target = this[name];
        Directory.CreateDirectory(target);
        foreach (string file in Directory.GetFiles(System.IO.Path.GetDirectoryName(program)!))
            File.Copy(file, System.IO.Path.Combine(target, System.IO.Path.GetFileName(file)));

        return System.IO.Path.Combine(target, System.IO.Path.GetFileName(program));
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

namespace Tandem.Testing;

/// <summary>Where the programs are that are built beside these tests: all projects are built into ARTIFACTS/bin/PROJECT/CONFIGURATION.</summary>
public static class Outputs
{
    public static string Tool => At("Tandem.Tool", "Tandem.Tool.dll");

    public static string Of(string project) => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", project, Configuration));

    public static string At(string project, string file) => Path.Combine(Of(project), file);

    private static string Configuration => Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
}

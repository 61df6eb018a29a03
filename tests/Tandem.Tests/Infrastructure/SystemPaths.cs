namespace Tandem.Tests.Infrastructure;

/// <summary>Files that every system has, under its own name.</summary>
internal static class SystemPaths
{
    /// <summary>The device that reads as empty and accepts everything.</summary>
    internal static string Null => OperatingSystem.IsWindows() ? "NUL" : "/dev/null";

    /// <summary>The name of a program's file.</summary>
    internal static string Program(string name) => OperatingSystem.IsWindows() ? name + ".exe" : name;

    /// <summary>The variables that name the folder for temporary files.</summary>
    internal static string[] TemporaryFolderVariables => OperatingSystem.IsWindows() ? ["TMP", "TEMP"] : ["TMPDIR"];
}

using System.Runtime.InteropServices;

namespace Tandem.Tool.Compare;

/// <summary>Finds files that may be assemblies, by their extension.</summary>
internal static class AssemblyFiles
{
    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        IgnoreInaccessible = true,
        AttributesToSkip = FileAttributes.ReparsePoint, // a link to a folder may form a cycle
    };

    /// <summary>The files of the .NET installation that runs this program, in a fixed order.</summary>
    /// <remarks>The runtime's own folder is ROOT/shared/Microsoft.NETCore.App/VERSION.</remarks>
    internal static string[] OfDotnet() => Find(Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")));

    private static string[] Find(string root)
    {
        string[] files =
        [
            .. Directory.EnumerateFiles(root, "*", Everything)
                .Where(static file => Path.GetExtension(file).ToUpperInvariant() is ".DLL" or ".EXE"),
        ];
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }
}

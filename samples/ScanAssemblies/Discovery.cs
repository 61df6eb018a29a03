using System.Runtime.InteropServices;

namespace ScanAssemblies;

/// <summary>The files to scan, in a fixed order, and the folders that could not be listed.</summary>
internal sealed record FoundFiles(string Root, string[] Files, string[] UnreadableFolders);

/// <summary>Finds what may be an assembly, by its name; whether it is one is found out by the scan.</summary>
internal static class Discovery
{
    /// <summary>The .NET installation that runs this program: shared frameworks, packs and the SDK lie below it.</summary>
    /// <remarks>The runtime's own folder is ROOT/shared/Microsoft.NETCore.App/VERSION.</remarks>
    internal static string DotnetRoot => Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..");

    internal static FoundFiles Find(string root)
    {
        var files = new List<string>();
        var unreadable = new List<string>();
        var folders = new Stack<string>([root]);
        while (folders.TryPop(out string? folder))
        {
            // Folder by folder, since a recursive enumeration either stops at an unreadable folder or hides it.
            try
            {
                foreach (FileSystemInfo entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
                {
                    if (!entry.Attributes.HasFlag(FileAttributes.Directory))
                    {
                        if (entry.Extension.ToUpperInvariant() is ".DLL" or ".EXE")
                            files.Add(entry.FullName);
                    }
                    else if (!entry.Attributes.HasFlag(FileAttributes.ReparsePoint))
                    {
                        // A link to a folder is not followed: it may lead back here.
                        folders.Push(entry.FullName);
                    }
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                unreadable.Add(folder);
            }
        }

        files.Sort(StringComparer.Ordinal);
        unreadable.Sort(StringComparer.Ordinal);
        return new FoundFiles(root, [.. files], [.. unreadable]);
    }
}

using System.Runtime.Loader;

namespace Tandem.Serve.Os;

/// <summary>
/// Records which code the start of this process needs, for the next start of the same program. The runtime then prepares that code on
/// another processor, ahead of the program. .NET calls this profile optimization, or multicore JIT; with a single processor it does
/// nothing. https://learn.microsoft.com/dotnet/api/system.runtime.loader.assemblyloadcontext.startprofileoptimization
/// </summary>
internal static class StartProfile
{
    private const string Name = "profile";

    private static string? kept; // the profile's path while one is recorded; set before the thread that calls End is started
    private static string own = ""; // the temporary folder in which the runtime writes

    /// <summary>The path of a program's profile, in the user's cache folder. Null if that folder does not belong to the user.</summary>
    /// <param name="program">The program's path.</param>
    internal static string? PathOf(string program)
    {
        const int MostLetters = 200;
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(cache) && Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home)
            cache = Path.Combine(home, ".cache");
        if (!Path.IsPathRooted(cache))
            return null;

        string folder = Path.Combine(cache, "tandem");
        if (!IsOwn(folder))
            return null;

        // Programs whose names are equal after they are cut replace each other's profile, which is only useless to the other one.
        string name = program.Trim('/').Replace('/', '!');
        return Path.Combine(folder, $"{name[Math.Max(0, name.Length - MostLetters)..]}.profile");
    }

    /// <summary>
    /// Whether only this user can have created the folder, or can create it. The runtime trusts a profile's content, and HOME of root may
    /// be another user's folder.
    /// </summary>
    private static bool IsOwn(string folder)
    {
        string? there = folder;
        while (there is not null && !Directory.Exists(there))
            there = Path.GetDirectoryName(there);

        return there is not null && OwnFolder.IsOwn(there);
    }

    /// <summary>
    /// Makes the runtime prepare the code that the last start needed, and record what this start needs. If that is not possible, nothing
    /// happens.
    /// </summary>
    /// <param name="path">The profile.</param>
    internal static void Begin(string path)
    {
        // The user has set a profile. The runtime would write that profile to the current folder if another one were started.
        if (Environment.GetEnvironmentVariable("DOTNET_MultiCoreJitProfile") is not null
            || Environment.GetEnvironmentVariable("COMPlus_MultiCoreJitProfile") is not null)
        {
            return;
        }

        // The runtime reads and writes the same name. After it has read the profile, the name and its folder are deleted. So no process
        // reads a half-written profile, a process that exits too early leaves nothing behind, and no other process can know the name.
        own = $"{path}.{Guid.NewGuid():N}";
        try
        {
            OwnFolder.Create(own);
            File.CreateSymbolicLink(Path.Combine(own, Name), path);
            AssemblyLoadContext.Default.SetProfileOptimizationRoot(own);
            AssemblyLoadContext.Default.StartProfileOptimization(Name);
            kept = path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // For example, the folder is read-only. The start without a profile is only slower.
        }

        DeleteOwn();
    }

    /// <summary>Stops recording, and keeps the profile.</summary>
    internal static void End()
    {
        if (kept is null)
            return;

        try
        {
            OwnFolder.Create(own);
            AssemblyLoadContext.Default.StartProfileOptimization(""); // this stops the current recording
            File.Move(Path.Combine(own, Name), kept, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // For example, the disk is full, or the runtime recorded nothing because a profiler disables it.
        }

        DeleteOwn();
        kept = null;
    }

    private static void DeleteOwn()
    {
        try
        {
            File.Delete(Path.Combine(own, Name));
            Directory.Delete(own);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The folder was not created, or cannot be deleted.
        }
    }

    /// <summary>Deletes a profile, for example one with which a start failed.</summary>
    /// <param name="path">The profile.</param>
    internal static void Forget(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The profile stays.
        }
    }
}

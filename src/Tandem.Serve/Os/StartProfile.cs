using System.Runtime.Loader;

namespace Tandem.Serve.Os;

/// <summary>
/// Which code this process's start needed, kept for the next start of the same program: the runtime prepares it then on another
/// processor, ahead of the program. It calls that profile optimization, or multicore JIT; where there is one processor only it does nothing.
/// https://learn.microsoft.com/dotnet/api/system.runtime.loader.assemblyloadcontext.startprofileoptimization
/// </summary>
internal static class StartProfile
{
    private const string Name = "profile";

    private static string? kept; // set before the thread that ends it is started
    private static string own = "";

    /// <summary>Where a program's profile is: in the user's folder for what can be made anew. Null when that is not the user's own.</summary>
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

        // Who shares a name because of its length replaces the other's profile, which is of no use to it.
        string name = program.Trim('/').Replace('/', '!');
        return Path.Combine(folder, $"{name[Math.Max(0, name.Length - MostLetters)..]}.profile");
    }

    /// <summary>
    /// Whether nobody else has made the folder, or may make it. The runtime believes what a profile says, and who is root may have the
    /// home of another user.
    /// </summary>
    private static bool IsOwn(string folder)
    {
        string? there = folder;
        while (there is not null && !Directory.Exists(there))
            there = Path.GetDirectoryName(there);

        return there is not null && OwnFolder.IsOwn(there);
    }

    /// <summary>Has the runtime prepare what the last start needed, and note what this one needs. Where it cannot, nothing happens.</summary>
    /// <param name="path">The profile.</param>
    internal static void Begin(string path)
    {
        // That is the user's own, and its file would be written to the current folder once another one is begun.
        if (Environment.GetEnvironmentVariable("DOTNET_MultiCoreJitProfile") is not null || Environment.GetEnvironmentVariable("COMPlus_MultiCoreJitProfile") is not null)
            return;

        // The runtime reads and writes one name. What it reads is gone when it writes, and the folder too: so nobody reads what is half
        // written, and a process that ends too early leaves nothing. Nor can anybody else know its name.
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
            // Such as: the folder is read-only. A start without it is slower, which is all.
        }

        DeleteOwn();
    }

    /// <summary>Keeps what was noted.</summary>
    internal static void End()
    {
        if (kept is null)
            return;

        try
        {
            OwnFolder.Create(own);
            AssemblyLoadContext.Default.StartProfileOptimization(""); // which ends the one that there is
            File.Move(Path.Combine(own, Name), kept, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Such as: the disk is full, or the runtime has noted nothing, because a profiler does not let it.
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
            // It was not made, or cannot be deleted.
        }
    }

    /// <summary>Forgets a profile, such as one with which a start has failed.</summary>
    /// <param name="path">The profile.</param>
    internal static void Forget(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It stays.
        }
    }
}

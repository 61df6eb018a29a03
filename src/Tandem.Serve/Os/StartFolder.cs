using Tandem.Interop;

namespace Tandem.Serve.Os;

/// <summary>
/// The folder in which the supervisor was started, as it was named. Relative paths of the command line start there, and so does the
/// application unless it gets another folder. While the supervisor runs, the folder may be deleted, or may be a link that is set to another
/// version.
/// </summary>
internal sealed class StartFolder
{
    private StartFolder(string path) => Path = path;

    /// <summary>The path: the shell's name, which may contain links, or else the kernel's name.</summary>
    internal string Path { get; }

    /// <summary>Returns the current folder of this process.</summary>
    /// <exception cref="ServeException">The folder has been deleted.</exception>
    internal static StartFolder OfThisProcess()
    {
        string current = Current() ?? throw new ServeException(
            ServeExitCode.BadApplication,
            "The current folder has been deleted. Change to an existing folder, and start `tandem serve` again.");
        string? named = Environment.GetEnvironmentVariable("PWD");
        return new StartFolder(named is ['/', ..] && Libc.RealPath(named) == current ? named : current);
    }

    /// <summary>Returns the folder's current path; the folder may have been renamed.</summary>
    /// <returns>Null if the folder is gone.</returns>
    internal string? Find() => Directory.Exists(Path) ? Path : Current();

    /// <summary>Makes sure that a program which replaces this one in the same process finds its current folder.</summary>
    /// <exception cref="ServeException">The folder is gone.</exception>
    internal void Enter()
    {
        if (Current() is not null)
            return;

        try
        {
            Directory.SetCurrentDirectory(Path); // another folder of the same name, for example after a deploy that deleted and created it
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ServeException(
                ServeExitCode.Refused,
                $"The folder '{Path}', in which this supervisor was started, is gone, so another supervisor could not start there. "
                + "Create it again, and try again. This supervisor continues.",
                e);
        }
    }

    private static string? Current()
    {
        try
        {
            return Directory.GetCurrentDirectory();
        }
        catch (IOException)
        {
            return null;
        }
    }
}

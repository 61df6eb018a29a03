using Tandem.Interop;

namespace Tandem.Serve.Os;

/// <summary>
/// The folder in which the supervisor was started, as it was named: relative paths of the command line begin there, and so does the application
/// where it is given no other folder. It may be deleted while the supervisor runs, or be a link that is set to another version.
/// </summary>
internal sealed class StartFolder
{
    private StartFolder(string path) => Path = path;

    /// <summary>Its path: the shell's name for it, which may have links in it, or else the kernel's.</summary>
    internal string Path { get; }

    /// <summary>The folder that is this process's current one.</summary>
    /// <exception cref="ServeException">It is gone already.</exception>
    internal static StartFolder OfThisProcess()
    {
        string current = Current() ?? throw new ServeException(
            ServeExitCode.BadApplication, "The folder in which `tandem serve` is started has been deleted. Change to one that is there, and start it again.");
        string? named = Environment.GetEnvironmentVariable("PWD");
        return new StartFolder(named is ['/', ..] && Libc.RealPath(named) == current ? named : current);
    }

    /// <summary>The folder as it is there now; it may have been renamed.</summary>
    /// <returns>Null where it is gone.</returns>
    internal string? Find() => Directory.Exists(Path) ? Path : Current();

    /// <summary>Makes sure that a program which is put in this process's place finds it.</summary>
    /// <exception cref="ServeException">It is gone.</exception>
    internal void Enter()
    {
        if (Current() is not null)
            return;

        try
        {
            Directory.SetCurrentDirectory(Path); // another one of the same name, such as after a deploy that has deleted and made it
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ServeException(
                ServeExitCode.Refused,
                $"The folder '{Path}', in which this supervisor was started, is gone, and another supervisor could not start there. Make it anew, and try again. This one goes on.",
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

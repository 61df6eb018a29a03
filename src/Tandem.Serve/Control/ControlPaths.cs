using System.Globalization;
using Tandem.Interop;
using Tandem.Serve.Os;

namespace Tandem.Serve.Control;

/// <summary>The paths of control sockets, in a folder that only the user can access.</summary>
internal static class ControlPaths
{
    /// <summary>Returns the folder, and creates it if it does not exist.</summary>
    internal static string Folder()
    {
        string folder = Candidate();
        OwnFolder.Create(folder);
        // Any user could have created a folder of this name among the temporary files, and could then send commands or answer them.
        if (!OwnFolder.IsOwn(folder))
        {
            throw new ServeException(
                ServeExitCode.Failure,
                $"The folder '{folder}' for control sockets belongs to another user, or is a link. Choose a socket with --control.");
        }

        if (File.GetUnixFileMode(folder) != OwnFolder.Mode)
        {
            throw new ServeException(
                ServeExitCode.Failure,
                $"The folder '{folder}' for control sockets is accessible to other users. "
                + "Make it private (chmod 700), or choose a socket with --control.");
        }

        return folder;
    }

    private static string Candidate()
    {
        const string SystemFolder = "/run";
        if (Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } run)
            return Path.Combine(run, "tandem");

        // Root's own folder; in a container it may be read-only.
        return Libc.GetEffectiveUser() == 0 && Libc.IsWritable(SystemFolder)
            ? Path.Combine(SystemFolder, "tandem")
            : Path.Combine(Path.GetTempPath(), $"tandem-{Environment.UserName}");
    }

    /// <summary>The path of this process's socket.</summary>
    internal static string Own() =>
        Path.Combine(Folder(), string.Create(CultureInfo.InvariantCulture, $"serve-{Environment.ProcessId}.sock"));

    /// <summary>Finds the path of the only supervisor's socket.</summary>
    /// <exception cref="ServeException">There is no supervisor, or more than one.</exception>
    internal static string FindOnly()
    {
        string[] found = [.. Directory.GetFiles(Folder(), "serve-*.sock").Where(IsAlive)];
        return found switch
        {
            [var only] => only,
            [] => throw new ServeException(
                ServeExitCode.NoSupervisor,
                "No `tandem serve` of this user is running. If it was started with --control, use the same path here."),
            _ => throw new ServeException(
                ServeExitCode.NoSupervisor, $"Several supervisors are running; choose one with --control:\n  {string.Join("\n  ", found)}"),
        };
    }

    private static bool IsAlive(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        bool isAlive = Directory.Exists($"/proc/{name[(name.IndexOf('-', StringComparison.Ordinal) + 1)..]}");
        if (!isAlive)
            File.Delete(path);

        return isAlive;
    }
}

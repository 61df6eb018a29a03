using System.Globalization;
using Tandem.Interop;
using Tandem.Serve.Os;

namespace Tandem.Serve.Control;

/// <summary>Where control sockets are: in a folder that is the user's alone.</summary>
internal static class ControlPaths
{
    /// <summary>The folder, made where it is not there.</summary>
    internal static string Folder()
    {
        string folder = Candidate();
        OwnFolder.Create(folder);
        // Anybody may make a folder of this name in the one for temporary files, and would then be obeyed, or obey.
        if (!OwnFolder.IsOwn(folder))
            throw new ServeException(ServeExitCode.Failure, $"The folder '{folder}' for control sockets is somebody else's, or a link. Name a socket with --control.");
        if (File.GetUnixFileMode(folder) != OwnFolder.Mode)
            throw new ServeException(ServeExitCode.Failure, $"The folder '{folder}' for control sockets is open to others. Make it private (chmod 700), or name a socket with --control.");

        return folder;
    }

    private static string Candidate()
    {
        const string SystemFolder = "/run";
        if (Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } run)
            return Path.Combine(run, "tandem");

        // The administrator's own; a container may have it read-only.
        return Libc.GetEffectiveUser() == 0 && Libc.IsWritable(SystemFolder)
            ? Path.Combine(SystemFolder, "tandem")
            : Path.Combine(Path.GetTempPath(), $"tandem-{Environment.UserName}");
    }

    /// <summary>The path of this process's socket.</summary>
    internal static string Own() => Path.Combine(Folder(), string.Create(CultureInfo.InvariantCulture, $"serve-{Environment.ProcessId}.sock"));

    /// <summary>The path of the only supervisor's socket.</summary>
    /// <exception cref="ServeException">There is none, or more than one.</exception>
    internal static string FindOnly()
    {
        string[] found = [.. Directory.GetFiles(Folder(), "serve-*.sock").Where(IsAlive)];
        return found switch
        {
            [var only] => only,
            [] => throw new ServeException(ServeExitCode.NoSupervisor, "No `tandem serve` of this user runs. Where it was given a --control path, give the same one here."),
            _ => throw new ServeException(ServeExitCode.NoSupervisor, $"Several supervisors run; say which with --control:\n  {string.Join("\n  ", found)}"),
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

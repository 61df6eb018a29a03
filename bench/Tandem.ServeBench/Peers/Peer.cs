using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Tandem.ServeBench.Peers;

/// <summary>A server that is compared: how it is found, started and told to reload. All serve the same body after the same delay, from as many workers.</summary>
internal abstract partial class Peer
{
    /// <summary>How many workers each server has.</summary>
    internal const int Workers = 2;

    /// <summary>How long each handler waits before it answers.</summary>
    internal const int DelayMilliseconds = 5;

    /// <summary>The body of each answer.</summary>
    internal const string Body = "slow";

    /// <summary>The request that all are asked.</summary>
    internal static readonly string Path = $"/slow?ms={DelayMilliseconds}";

    /// <summary>In the report.</summary>
    internal abstract string Name { get; }

    /// <summary>The Debian packages that it comes from; null where it is built here.</summary>
    internal abstract string? Packages { get; }

    /// <summary>How a reload is asked for, in the report.</summary>
    internal abstract string ReloadBy { get; }

    /// <summary>The versions that are installed; null where something is missing.</summary>
    internal abstract string? FindVersion();

    /// <summary>The command line that starts it.</summary>
    /// <param name="port">Where it is to listen, on the loopback address.</param>
    /// <param name="folder">Where it may write files.</param>
    internal abstract string[] Start(int port, string folder);

    /// <summary>Asks it for a reload; whether that is done is seen by its workers.</summary>
    internal abstract Task ReloadAsync(PeerServer server);

    /// <summary>Where a program is; null where it is not installed.</summary>
    protected static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Select(folder => System.IO.Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>The first version number that a program writes; null where it is not installed, or ends with an error.</summary>
    protected static string? VersionOf(string program, params string[] arguments)
    {
        if (Find(program) is not { } file)
            return null;

        var info = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(info)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string text = process.StandardOutput.ReadToEnd() + error.GetAwaiter().GetResult();
        process.WaitForExit();
        Match match = VersionNumber().Match(text);
        return process.ExitCode == 0 && match.Success ? match.Value : null;
    }

    /// <summary>Writes a file for the server.</summary>
    /// <returns>Its path.</returns>
    protected static string Write(string folder, string name, string text)
    {
        string file = System.IO.Path.Combine(folder, name);
        File.WriteAllText(file, text);
        return file;
    }

    [GeneratedRegex(@"\d+(\.\d+)+")]
    private static partial Regex VersionNumber();
}

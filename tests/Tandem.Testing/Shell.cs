using System.Collections;
using System.Diagnostics;
using System.Text;

namespace Tandem.Testing;

/// <summary>Runs programs as a user's shell would, under a limit on processes, and looks for those that they leave.</summary>
public static class Shell
{
    /// <summary>By its value in their environment, the processes of a test are found.</summary>
    public const string MarkerVariable = "TANDEM_PACKAGING_TEST";

    // A mistake in what starts processes must not take the machine down. Shells differ in the letter.
    private const string Limited = "ulimit -p 6000 2>/dev/null || ulimit -u 6000 2>/dev/null; exec \"$@\"";

    public static Task<CommandRun> RunAsync(string folder, IReadOnlyDictionary<string, string> variables, params string[] words) =>
        RunAsync(folder, variables, static (_, _) => { }, words);

    /// <param name="folder">Where it runs.</param>
    /// <param name="variables">For its environment.</param>
    /// <param name="heard">Told of each line of its standard error, with its process id.</param>
    /// <param name="words">The program and its arguments.</param>
    public static async Task<CommandRun> RunAsync(string folder, IReadOnlyDictionary<string, string> variables, Action<int, string> heard, params string[] words)
    {
        string marker = Guid.NewGuid().ToString("N");
        var start = new ProcessStartInfo("/bin/sh", ["-c", Limited, "sh", .. words])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        SetEnvironment(start.Environment);
        start.Environment[MarkerVariable] = marker;
        foreach ((string name, string value) in variables)
            start.Environment[name] = value;

        using Process process = Process.Start(start)!;
        try
        {
            CancellationToken cancellation = TestContext.Current.CancellationToken;
            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation);
            Task<string> errors = ReadAsync(process, heard, cancellation);
            await process.WaitForExitAsync(cancellation);
            string[] survivors = Survivors(marker);
            return new CommandRun(string.Join(' ', words), process.ExitCode, await output, await errors, survivors) { Marker = marker };
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static async Task<string> ReadAsync(Process process, Action<int, string> heard, CancellationToken cancellation)
    {
        var all = new StringBuilder();
        while (await process.StandardError.ReadLineAsync(cancellation) is { } line)
        {
            all.Append(line).Append('\n');
            heard(process.Id, line);
        }

        return all.ToString();
    }

    private static void SetEnvironment(IDictionary<string, string?> environment)
    {
        // What the SDK that started these tests tells its children is not for another SDK command.
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            if (((string)variable.Key).StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase))
                environment.Remove((string)variable.Key);
        }

        environment["DOTNET_NOLOGO"] = "1";
        environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        // No build server outlives its build.
        environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        environment["MSBUILDDISABLENODEREUSE"] = "1";
        environment["UseSharedCompilation"] = "false";
        // A look at the list of vulnerabilities needs the network and says nothing about the package.
        environment["NuGetAudit"] = "false";
    }

    /// <summary>The processes with a marker in their environment, as "id: command line".</summary>
    public static string[] Survivors(string marker)
    {
        var found = new List<string>();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out int id))
                continue;

            try
            {
                if (File.ReadAllText(Path.Combine(folder, "environ")).Contains(marker, StringComparison.Ordinal))
                    found.Add($"{id}: {File.ReadAllText(Path.Combine(folder, "cmdline")).Replace('\0', ' ')}");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile, or belongs to another user.
            }
        }

        return [.. found];
    }
}

using System.Collections;
using System.Diagnostics;
using System.Text;

namespace Tandem.Packaging.Tests.Infrastructure;

/// <summary>What a command left behind: its output, and the processes of it that still run.</summary>
internal sealed record CommandRun(string Line, int ExitCode, string Output, string Errors, string[] Survivors)
{
    internal void AssertSucceeded() => Assert.True(ExitCode == 0, $"'{Line}' exited with code {ExitCode}:\n{Output}\n{Errors}");

    /// <summary>Some forms of a program need packages of .NET's own, which a machine without a network may not have.</summary>
    internal void SkipWhenPackagesAreOutOfReach()
    {
        // Not found, or a source that does not answer. Other errors of a restore are the project's own.
        string[] codes = ["error NU1100", "error NU1101", "error NU1102", "error NU1103", "error NU1301"];
        string[] missing = [.. (Output + Errors).Split('\n').Where(line => codes.Any(code => line.Contains(code, StringComparison.Ordinal)))];
        bool isTandem = missing.Any(line => line.Contains("package Tandem", StringComparison.Ordinal));
        Assert.SkipWhen(missing.Length > 0 && !isTandem, $"A package that this form of a program needs cannot be restored here: {missing.FirstOrDefault()}");
    }
}

/// <summary>Runs programs as a user's shell would, under a limit on processes, and looks for those that they leave.</summary>
internal static class Command
{
    /// <summary>By its value in their environment, the processes of a test are found.</summary>
    internal const string MarkerVariable = "TANDEM_PACKAGING_TEST";

    // A mistake in what starts processes must not take the machine down. Shells differ in the letter.
    private const string Limited = "ulimit -p 6000 2>/dev/null || ulimit -u 6000 2>/dev/null; exec \"$@\"";

    internal static Task<CommandRun> RunAsync(string folder, IReadOnlyDictionary<string, string> variables, params string[] words) =>
        RunAsync(folder, variables, static (_, _) => { }, words);

    /// <param name="folder">Where it runs.</param>
    /// <param name="variables">For its environment.</param>
    /// <param name="heard">Told of each line of its standard error, with its process id.</param>
    /// <param name="words">The program and its arguments.</param>
    internal static async Task<CommandRun> RunAsync(string folder, IReadOnlyDictionary<string, string> variables, Action<int, string> heard, params string[] words)
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
            return new CommandRun(string.Join(' ', words), process.ExitCode, await output, await errors, survivors);
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
    internal static string[] Survivors(string marker)
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

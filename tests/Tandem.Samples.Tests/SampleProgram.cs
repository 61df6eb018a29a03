using System.Diagnostics;

namespace Tandem.Samples.Tests;

/// <summary>What a run of a sample left behind.</summary>
internal sealed record SampleRun(int ExitCode, string Output, string Errors);

/// <summary>Runs a built sample as a process of its own.</summary>
internal static class SampleProgram
{
    internal static async Task<SampleRun> RunAsync(string sample, string[] arguments, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "..", "..", sample, Configuration, sample))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);

        using Process process = Process.Start(start)!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation);
            Task<string> errors = process.StandardError.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation);
            return new SampleRun(process.ExitCode, await output, await errors);
        }
        finally
        {
            // A test that is given up takes its process along.
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>All projects are built into ARTIFACTS/bin/PROJECT/CONFIGURATION.</summary>
    private static string Configuration => Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
}

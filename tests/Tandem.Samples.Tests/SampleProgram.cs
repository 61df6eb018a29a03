using System.Diagnostics;

namespace Tandem.Samples.Tests;

/// <summary>What a run of a sample left behind.</summary>
internal sealed record SampleRun(int ExitCode, string Output, string Errors);

/// <summary>Runs a built sample as a process of its own.</summary>
internal static class SampleProgram
{
    internal static async Task<SampleRun> RunAsync(string sample, string[] arguments, CancellationToken cancellation)
    {
        using Process process = Start(sample, arguments);
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

    internal static Process Start(string sample, string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "..", "..", sample, Configuration, sample), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        return Process.Start(start)!;
    }

    /// <summary>All projects are built into ARTIFACTS/bin/PROJECT/CONFIGURATION.</summary>
    private static string Configuration => Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
}

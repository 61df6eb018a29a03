using System.Diagnostics;

namespace Tandem.Serve.TestApp;

/// <summary>Processes that the application starts.</summary>
internal static class Children
{
    /// <summary>The environment that they inherit.</summary>
    internal static async Task<string> EnvironmentAsync()
    {
        using var child = Process.Start(new ProcessStartInfo("env") { RedirectStandardOutput = true })!;
        string text = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        return text;
    }
}

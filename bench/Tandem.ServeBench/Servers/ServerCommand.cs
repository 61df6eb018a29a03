using System.Diagnostics;
using System.Globalization;

namespace Tandem.ServeBench.Servers;

/// <summary>How a server under test is started.</summary>
/// <param name="Name">Of the column in the report.</param>
/// <param name="App">The application's dll.</param>
/// <param name="Tool">What runs it; null where it runs by itself.</param>
/// <param name="Workers">How many processes serve.</param>
/// <param name="Spares">How many more are ready to.</param>
/// <param name="Standbys">How many processes wait to become one.</param>
/// <param name="Cache">What stands for the user's cache, where what a start needs is kept.</param>
/// <param name="HasSession">Whether it runs in a session of its own.</param>
internal sealed record ServerCommand(string Name, string App, string? Tool, int Workers, int Spares = 0, int Standbys = 0, string Cache = "", bool HasSession = false)
{
    internal static ServerCommand Plain(string app) => new("plain", app, null, 1);

    internal static ServerCommand Serve(string tool, string app, int workers) =>
        new($"serve, {workers} {(workers == 1 ? "worker" : "workers")}", app, tool, workers);

    /// <summary>The command line that starts the server.</summary>
    internal string[] Start(string url, string control, string[] appArguments) => [.. HasSession ? (string[])["setsid"] : [], .. StartHere(url, control, appArguments)];

    private string[] StartHere(string url, string control, string[] appArguments) => Tool is null
        ? ["dotnet", App, "--urls", url, .. appArguments]
        :
        [
            .. ToolCommand, "serve", "--workers", Workers.ToString(CultureInfo.InvariantCulture), "--spares", Spares.ToString(CultureInfo.InvariantCulture), "--standbys", Standbys.ToString(CultureInfo.InvariantCulture), "--urls", url, "--control", control, App,
            .. appArguments.Length == 0 ? appArguments : ["--", .. appArguments],
        ];

    /// <summary>Runs a control command of the server that has this control socket, and waits for its end.</summary>
    internal async Task TellAsync(string control, params string[] what)
    {
        string[] line = [.. ToolCommand, "serve", .. what, "--control", control];
        var info = new ProcessStartInfo(line[0], line[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(info)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"serve {string.Join(' ', what)} did not end within 60 s.");
        }

        if (process.ExitCode != 0)
            throw new InvalidOperationException($"serve {string.Join(' ', what)} ended with {process.ExitCode}: {await output}{await error}");
    }

    private string[] ToolCommand => Tool!.EndsWith(".dll", StringComparison.Ordinal) ? ["dotnet", Tool] : [Tool];
}

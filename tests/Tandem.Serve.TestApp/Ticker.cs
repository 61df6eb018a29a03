namespace Tandem.Serve.TestApp;

/// <summary>A service in the background, of which an application wants one only, however many processes it has.</summary>
internal sealed class Ticker : BackgroundService
{
    /// <summary>Whether it runs in this process.</summary>
    internal static bool IsRunning { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        IsRunning = true;
        await Task.Delay(Timeout.InfiniteTimeSpan, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        IsRunning = false;
    }
}

namespace Tandem.Serve.TestApp;

/// <summary>A service in the background, of which an application wants one only, however many processes it has.</summary>
internal sealed class Ticker(IConfiguration configuration) : BackgroundService
{
    /// <summary>Whether it runs in this process.</summary>
    internal static bool IsRunning { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        IsRunning = true;
        try
        {
            if (configuration["ticker-fails-once"] is { } file && File.Exists(file))
            {
                await Task.Yield();
                File.Delete(file);
                throw new InvalidOperationException("The ticker has failed, as it was told to.");
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            IsRunning = false;
        }

        if (configuration["ticker-says-end"] is not null)
            Console.WriteLine("The ticker was stopped.");
    }
}

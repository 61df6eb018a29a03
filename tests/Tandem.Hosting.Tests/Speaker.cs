using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Tandem.Hosting.Tests;

/// <summary>How a <see cref="Speaker"/> ends.</summary>
public enum Ending
{
    /// <summary>When it is told to stop.</summary>
    Told,

    /// <summary>By itself.</summary>
    Completes,

    /// <summary>With an exception.</summary>
    Throws,

    /// <summary>Its process dies. On a thread: an exception.</summary>
    Crashes,

    /// <summary>It does not, whoever tells it.</summary>
    Never,
}

/// <summary>What a <see cref="Speaker"/> does; it gets this from its container.</summary>
public sealed record Part(Ending Ending)
{
    /// <summary>It ends that way only while this file exists, which it deletes first.</summary>
    public string? OnceFor { get; init; }

    /// <summary>It does not start before this file exists.</summary>
    public string? Gate { get; init; }

    /// <summary>It does not stop before this file exists, and makes that one first.</summary>
    public (string Mine, string Others)? StopsWith { get; init; }

    public bool SaysReady { get; init; }

    /// <summary>Its process is killed before it is ready until there are so many files in this folder, one for each time.</summary>
    public (string Folder, int Times)? IsKilledFirst { get; init; }
}

/// <summary>A service that says in its log what happens to it: "up", "ready", "down".</summary>
public sealed partial class Speaker(Part part, IServiceReadiness readiness, ILogger<Speaker> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Say(logger, "up");
        if (part.IsKilledFirst is { } first && Directory.GetFiles(first.Folder).Length < first.Times)
        {
            await File.WriteAllTextAsync(Path.Combine(first.Folder, Path.GetRandomFileName()), "", CancellationToken.None);
            System.Diagnostics.Process.GetCurrentProcess().Kill();
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
        }

        if (part.Gate is { } gate)
            await Eventually.Async(() => File.Exists(gate) || stoppingToken.IsCancellationRequested);

        if (part.SaysReady)
        {
            Say(logger, "ready");
            readiness.SetReady();
        }

        bool ends = part.OnceFor is not { } file || Take(file);
        switch (ends ? part.Ending : Ending.Told)
        {
            case Ending.Completes:
                Say(logger, "done");
                return;
            case Ending.Throws or Ending.Crashes when part.Ending == Ending.Throws || Environment.GetEnvironmentVariable("TANDEM_HOSTING_TESTS_PARENT") is null:
                throw new FormatException("failed on purpose");
            case Ending.Crashes:
                System.Diagnostics.Process.GetCurrentProcess().Kill();
                goto case Ending.Never;
            case Ending.Never:
                await Task.Delay(Timeout.Infinite, CancellationToken.None);
                return;
            default:
                await Task.Delay(Timeout.Infinite, stoppingToken).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
                Say(logger, "down");
                return;
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        if (part.StopsWith is { } pair)
        {
            await File.WriteAllTextAsync(pair.Mine, "", CancellationToken.None);
            await Eventually.Async(() => File.Exists(pair.Others));
        }

        await base.StopAsync(cancellationToken);
    }

    private static bool Take(string file)
    {
        if (!File.Exists(file))
            return false;

        File.Delete(file);
        return true;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Word}")]
    private static partial void Say(ILogger logger, string word);
}

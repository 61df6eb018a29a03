using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Tandem.Tool.Lab.Experiments;

/// <summary>Measures a server from the clients' side.</summary>
[SuppressMessage(
    "ApiDesign", "RS0030:Do not use banned APIs",
    Justification = "An experiment: what waiting and blocking cost is what it measures.")]
internal static class WebLoad
{
    internal const int Clients = 16;

    private static readonly byte[] Plain = WebConnection.Request("/");

    /// <summary>Measures how many requests the server answers, on kept connections.</summary>
    internal static async Task<(double PerSecond, double[] Seconds)> RunAsync(
        IPEndPoint server, TimeSpan time, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        List<double>[] all = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(
            () => AskAsync(server, start, time, TimeSpan.Zero, cancellationToken), cancellationToken))).ConfigureAwait(false);
        double taken = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return (all.Sum(static one => one.Count) / taken, [.. all.SelectMany(static one => one)]);
    }

    /// <summary>
    /// Measures the longest wait of each client while another client's request holds all threads of the process that got it.
    /// </summary>
    internal static async Task<double[]> BlockAsync(IPEndPoint server, TimeSpan held, CancellationToken cancellationToken)
    {
        TimeSpan pause = TimeSpan.FromMilliseconds(5);
        long start = Stopwatch.GetTimestamp();
        Task<List<double>>[] all =
            [.. Enumerable.Range(0, Clients).Select(_ => AskAsync(server, start, held * 2.5, pause, cancellationToken))];
        // Wait until all connections exist; otherwise the late ones might get an idle process.
        await Task.Delay(held / 4, cancellationToken).ConfigureAwait(false);
        using WebConnection other = await WebConnection.OpenAsync(server, cancellationToken).ConfigureAwait(false);
        await other.AskAsync(WebConnection.Request($"/block?ms={(int)held.TotalMilliseconds}"), cancellationToken).ConfigureAwait(false);
        return [.. (await Task.WhenAll(all).ConfigureAwait(false)).Select(static one => one.Max())];
    }

    /// <summary>Measures what happens to requests, each on its own connection, when one of them crashes its process.</summary>
    /// <param name="server">The server.</param>
    /// <param name="window">For how long to send requests after the service is back.</param>
    /// <param name="whenDown">Called once, when a request fails.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    internal static async Task<Outage> CrashAsync(
        IPEndPoint server, TimeSpan window, Func<Task> whenDown, CancellationToken cancellationToken)
    {
        TimeSpan pause = TimeSpan.FromMilliseconds(5), limit = TimeSpan.FromSeconds(15);
        var gate = new Lock();
        var answered = new List<double>();
        int failed = 0;
        Task? repair = null;
        double crashed = double.MaxValue;
        long start = Stopwatch.GetTimestamp();
        bool IsOver()
        {
            double now = Stopwatch.GetElapsedTime(start).TotalSeconds;
            lock (gate)
            {
                return now > limit.TotalSeconds
                    || (now > crashed + window.TotalSeconds
                        && repair is null or { IsCompleted: true }
                        && answered.Count > 0
                        && now - answered[^1] < pause.TotalSeconds * 10);
            }
        }

        async Task ClientAsync()
        {
            while (!IsOver())
            {
                try
                {
                    using WebConnection connection = await WebConnection.OpenAsync(server, cancellationToken).ConfigureAwait(false);
                    await connection.AskAsync(Plain, cancellationToken).ConfigureAwait(false);
                    lock (gate)
                        answered.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                }
                catch (Exception e) when (e is SocketException or IOException)
                {
                    lock (gate)
                    {
                        failed++;
                        repair ??= whenDown();
                    }
                }

                await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
            }
        }

        Task[] clients = [.. Enumerable.Range(0, Clients).Select(_ => ClientAsync())];
        await Task.Delay(pause * 10, cancellationToken).ConfigureAwait(false);
        try
        {
            using WebConnection other = await WebConnection.OpenAsync(server, cancellationToken).ConfigureAwait(false);
            await other.AskAsync(WebConnection.Request("/crash"), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // The request crashes its own process, so it fails.
        }

        lock (gate)
            crashed = Stopwatch.GetElapsedTime(start).TotalSeconds;

        await Task.WhenAll(clients).ConfigureAwait(false);
        if (repair is not null)
            await repair.ConfigureAwait(false);

        double down = answered.Zip(answered.Skip(1)).Select(static pair => pair.Second - pair.First)
            .DefaultIfEmpty(limit.TotalSeconds).Max();
        return new Outage(failed, answered.Count, down);
    }

    private static async Task<List<double>> AskAsync(
        IPEndPoint server, long start, TimeSpan time, TimeSpan pause, CancellationToken cancellationToken)
    {
        var seconds = new List<double>();
        using WebConnection connection = await WebConnection.OpenAsync(server, cancellationToken).ConfigureAwait(false);
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            long begun = Stopwatch.GetTimestamp();
            await connection.AskAsync(Plain, cancellationToken).ConfigureAwait(false);
            seconds.Add(Stopwatch.GetElapsedTime(begun).TotalSeconds);
            if (pause > TimeSpan.Zero)
                await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
        }

        return seconds;
    }

    /// <param name="Failed">How many requests got no response, or no connection.</param>
    /// <param name="Answered">How many requests got a response.</param>
    /// <param name="Down">The longest time, in seconds, in which no request got a response.</param>
    internal sealed record Outage(int Failed, int Answered, double Down);
}

using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Tandem;

namespace Pipeline.Stages;

/// <summary>
/// Reads the pieces and sends them, and sends those again that are not acknowledged: at least once, whoever is killed meanwhile. The
/// acknowledgements are in memory that all stages share, so they outlive this process.
/// </summary>
internal sealed class Fetch(Plan plan, SharedArray<byte> acknowledged, ChannelWriter<FetchedPiece> pieces) : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (Count() < plan.Count)
        {
            for (int piece = 0; piece < plan.Count; piece++)
            {
                if (acknowledged[piece] == 0)
                    await pieces.WriteAsync(new FetchedPiece(piece, plan.Read(piece)), stoppingToken);
            }

            await WhileAcknowledgementsComeAsync(stoppingToken);
        }

        pieces.TryComplete();
    }

    /// <summary>Returns when all pieces are acknowledged, or when some seem to be lost.</summary>
    private async Task WhileAcknowledgementsComeAsync(CancellationToken stop)
    {
        int last = -1;
        for (TimeSpan waited = TimeSpan.Zero; waited < Patience; waited += Interval)
        {
            int now = Count();
            if (now == plan.Count)
                return;

            if (now != last)
                waited = TimeSpan.Zero;

            last = now;
            await Task.Delay(Interval, stop);
        }
    }

    private int Count() => plan.Count - acknowledged.Span.Count((byte)0);
}

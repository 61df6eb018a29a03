using System.Threading.Channels;
using Microsoft.Extensions.Hosting;

namespace Pipeline.Stages;

/// <summary>Counts the words of each piece. It keeps nothing, so a piece that dies with it is only sent again.</summary>
internal sealed class Parse(ChannelReader<FetchedPiece> pieces, ChannelWriter<ParsedPiece> parsed) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (FetchedPiece piece in pieces.ReadAllAsync(stoppingToken))
            await parsed.WriteAsync(new ParsedPiece(piece.Number, [.. Words.Count(piece.Text)]), stoppingToken);

        parsed.TryComplete();
    }
}

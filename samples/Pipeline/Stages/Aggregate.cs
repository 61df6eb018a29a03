using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Tandem;

namespace Pipeline.Stages;

/// <summary>
/// Builds the index. What it has taken in is in a journal before it is acknowledged, and a piece that comes twice is dropped, so each
/// counts exactly once.
/// </summary>
internal sealed class Aggregate(Plan plan, SharedArray<byte> acknowledged, ChannelReader<ParsedPiece> parsed, OutputFiles output) : BackgroundService
{
    private readonly WordIndex _index = new();
    private readonly HashSet<int> _seen = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var journal = new Journal(output.Journal, record => Take(Read(record)));
        await foreach (ParsedPiece piece in parsed.ReadAllAsync(stoppingToken))
        {
            if (_seen.Contains(piece.Number))
                continue;

            journal.Append(writer => Write(writer, piece));
            Take(piece);
        }

        _index.Write(output.Index + ".new");
        File.Move(output.Index + ".new", output.Index, overwrite: true);
    }

    private void Take(ParsedPiece piece)
    {
        _seen.Add(piece.Number);
        _index.Add(plan.FileOf[piece.Number], piece.Words);
        acknowledged[piece.Number] = 1;
    }

    private static ParsedPiece Read(BinaryReader reader)
    {
        int number = reader.ReadInt32();
        var words = new KeyValuePair<string, int>[reader.ReadInt32()];
        for (int i = 0; i < words.Length; i++)
            words[i] = new(reader.ReadString(), reader.ReadInt32());

        return new ParsedPiece(number, words);
    }

    private static void Write(BinaryWriter writer, ParsedPiece piece)
    {
        writer.Write(piece.Number);
        writer.Write(piece.Words.Length);
        foreach ((string word, int count) in piece.Words)
        {
            writer.Write(word);
            writer.Write(count);
        }
    }
}

/// <summary>Where the aggregate stage writes.</summary>
internal sealed record OutputFiles(string Index, string Journal);

namespace Pipeline.Stages;

/// <summary>A piece of text on its way from fetch to parse.</summary>
internal sealed record FetchedPiece(int Number, byte[] Text);

/// <summary>The words of a piece on their way from parse to aggregate.</summary>
internal sealed record ParsedPiece(int Number, KeyValuePair<string, int>[] Words);

namespace Tandem.InWorker;

/// <summary>Tokens of an item that were cancelled, maybe before the item came.</summary>
internal sealed record EarlyCancellation(uint Sequence, HashSet<int> Tokens);

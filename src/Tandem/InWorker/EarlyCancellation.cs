namespace Tandem.InWorker;

/// <summary>The cancelled tokens of an item; they may have been cancelled before the item arrived.</summary>
internal sealed record EarlyCancellation(uint Sequence, HashSet<int> Tokens);

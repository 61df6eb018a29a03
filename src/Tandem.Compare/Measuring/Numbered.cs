namespace Tandem.Compare.Measuring;

/// <summary>An item and its index in the run.</summary>
internal readonly record struct Numbered<T>(int Number, T Item);

namespace Tandem.Telemetry;

/// <summary>What telemetry reads of an item.</summary>
internal interface IObservedItem
{
    string Name { get; }

    /// <summary>Elements of a chunk; 0 for a single call.</summary>
    int ElementCount { get; }
}

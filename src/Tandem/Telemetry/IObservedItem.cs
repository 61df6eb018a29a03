namespace Tandem.Telemetry;

/// <summary>The properties of an item that telemetry reads.</summary>
internal interface IObservedItem
{
    string Name { get; }

    /// <summary>The number of elements of a chunk; 0 for a single call.</summary>
    int ElementCount { get; }
}

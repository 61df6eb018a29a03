namespace Tandem.Sharing;

/// <summary>An object that may lie in memory that processes share.</summary>
internal interface ISharedObject
{
    /// <summary>Its memory; null when the object was made for threads.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    SharedSegment? Segment { get; }
}

/// <inheritdoc/>
internal interface ISharedObject<TSelf> : ISharedObject
    where TSelf : class, ISharedObject<TSelf>
{
    /// <summary>Makes the object for a segment of another process; throws <c>PayloadCorruptException</c> when it holds something else.</summary>
    static abstract TSelf Open(SharedSegment segment);
}

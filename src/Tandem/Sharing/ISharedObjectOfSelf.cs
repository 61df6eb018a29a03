namespace Tandem.Sharing;

/// <inheritdoc/>
internal interface ISharedObject<TSelf> : ISharedObject
    where TSelf : class, ISharedObject<TSelf>
{
    /// <summary>
    /// Creates the object for a segment of another process. Throws <c>PayloadCorruptException</c> if the segment holds something else.
    /// </summary>
    static abstract TSelf Open(SharedSegment segment);
}

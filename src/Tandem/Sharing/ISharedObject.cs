namespace Tandem.Sharing;

/// <summary>An object that can be in memory that processes share.</summary>
internal interface ISharedObject
{
    /// <summary>The object's memory; null if only threads share the object.</summary>
    /// <exception cref="ObjectDisposedException">The object has been disposed.</exception>
    SharedSegment? Segment { get; }
}

namespace Tandem.Transport;

/// <summary>The outcome of an item, as the worker reports it.</summary>
internal enum Outcome
{
    /// <summary>The payload is the result.</summary>
    Completed = 0,

    /// <summary>The payload is an exception.</summary>
    Failed = 1,

    /// <summary>The work threw <see cref="OperationCanceledException"/>; the payload is that exception.</summary>
    Canceled = 2,

    /// <summary>The item was revoked before it started.</summary>
    Revoked = 3,

    /// <summary>
    /// The item is a chunk; the payload holds the outcomes of the elements before <see cref="ResultMessage.Finished"/>.
    /// </summary>
    Chunk = 4,
}

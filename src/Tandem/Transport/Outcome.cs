namespace Tandem.Transport;

/// <summary>How an item ended, as the worker tells it.</summary>
internal enum Outcome
{
    /// <summary>The payload is the result.</summary>
    Completed = 0,

    /// <summary>The payload is an exception.</summary>
    Failed = 1,

    /// <summary>The work threw <see cref="OperationCanceledException"/>; the payload is that exception.</summary>
    Canceled = 2,

    /// <summary>The item was taken back before it started.</summary>
    Revoked = 3,

    /// <summary>A chunk: the payload holds the outcomes of the elements up to <see cref="ResultMessage.Finished"/>.</summary>
    Chunk = 4,
}

using Tandem.Serialization;

namespace Tandem.Work;

/// <summary>Cancellations as their callers see them.</summary>
internal static class Cancellation
{
    /// <summary>
    /// Work is given a token of the pool's, which follows the caller's and knows of other ends too. When it says that it was cancelled by
    /// that one, and the caller has cancelled, it means the caller's.
    /// </summary>
    internal static void NameCaller(Exception error, CancellationToken given, CancellationToken caller)
    {
        if (error is OperationCanceledException canceled && caller.IsCancellationRequested && canceled.CancellationToken == given)
            ExceptionFields.SetToken(canceled, caller);
    }
}

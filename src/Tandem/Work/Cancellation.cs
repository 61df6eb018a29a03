using Tandem.Serialization;

namespace Tandem.Work;

/// <summary>Converts cancellations into the form that callers expect.</summary>
internal static class Cancellation
{
    /// <summary>
    /// Replaces the token of a cancellation by the caller's token. Work gets a token of the pool, which is cancelled with the caller's
    /// token and also for other reasons. If the work names that token, and the caller has cancelled, the exception must name the caller's
    /// token.
    /// </summary>
    internal static void NameCaller(Exception error, CancellationToken given, CancellationToken caller)
    {
        if (error is OperationCanceledException canceled && caller.IsCancellationRequested && canceled.CancellationToken == given)
            ExceptionFields.SetToken(canceled, caller);
    }
}

namespace Tandem.LoadClient;

/// <summary>One attempt to have a request answered. Times are those of <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/>.</summary>
/// <param name="Due">When the request was due; before <paramref name="Sent"/> where the client could not send it in time.</param>
/// <param name="Connected">When its connection was made; 0 where none could be made.</param>
/// <param name="Sent">When the client began to send it, or to connect where no connection could be made.</param>
/// <param name="Ended">When the complete answer was there, or the client knew that none comes.</param>
/// <param name="Port">The client's port; 0 where no connection could be made.</param>
/// <param name="Failure">Null where the answer was complete and right.</param>
/// <param name="Detail">What was seen of the failure; empty where there is none.</param>
/// <param name="IsSentAgain">Whether the client sends the request again, so that this failure is not the request's: see <see cref="LoadOptions.SendsAgain"/>.</param>
public readonly record struct Attempt(
    long Due, long Connected, long Sent, long Ended, int Port, FailureKind? Failure, string Detail, bool IsSentAgain);

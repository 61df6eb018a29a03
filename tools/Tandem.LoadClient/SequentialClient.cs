using System.Diagnostics;

namespace Tandem.LoadClient;

/// <summary>One request after the other, on a connection for each or on one that is kept.</summary>
internal sealed class SequentialClient(LoadRun run, int number) : Http1ClientBase(run, number)
{
    private enum Outcome
    {
        /// <summary>The connection can be used again.</summary>
        Keep,

        /// <summary>The request is done, and the connection is not used again.</summary>
        Close,

        /// <summary>The request is to be sent again, on another connection.</summary>
        SendAgain,
    }

    private bool LooksFirst => Options.LooksFirst || Options.Interval is not null || Options.Pause is not null || Options.SendsAgain;

    internal override async Task RunAsync()
    {
        while (true)
        {
            long start = await WaitForTurnAsync();
            if (!Run.TryTake())
                break;

            if (LooksFirst && Connection?.IsClosedByServer == true)
                Close();

            int turn = NextTurn();
            // Once more at most: what is sent again has a new connection, whose end is a failure.
            while (await TrySendAsync(turn, start) == Outcome.SendAgain)
                Result.Resent++;
        }

        Close();
    }

    private async ValueTask<Outcome> TrySendAsync(int turn, long start)
    {
        LoadRequest request = Options.Requests[turn];
        long connecting = Stopwatch.GetTimestamp();
        if (!await TryOpenAsync(request))
        {
            Observe(start, connecting, 0, 0, OpenFailure.Kind, OpenFailure.Detail, false);
            return Outcome.Close;
        }

        Outcome outcome = await TrySendAsync(request, Messages[turn], start);
        if (outcome != Outcome.Keep)
            Close();

        return outcome;
    }

    private async ValueTask<Outcome> TrySendAsync(LoadRequest request, byte[] message, long start)
    {
        bool keeps = Options.Mode == LoadMode.KeepAlive;
        Http1Connection connection = Connection!;
        long sent = Stopwatch.GetTimestamp();
        try
        {
            Watch(connection);
            Reader.Expect();
            Sent++;
            await connection.Stream.WriteAsync(message);
            Answer answer = await Reader.ReadAsync(request);
            Accept(connection, request, answer);
            if (keeps && Reader.HasMore)
                throw new WrongAnswerException("bytes behind the answer");

            Succeed(start);
            Observe(start, sent, connection.Connected, connection.Port, null, "", false);
            Unwatch();
            if (keeps)
                return answer.Closes ? Outcome.Close : Outcome.Keep;

            if (!answer.Closes)
                throw new WrongAnswerException("a connection that is kept, though it was to be closed");

            // The server closes first, so that the port that waits is not one of those that clients run out of.
            Watch(connection);
            await Reader.ReadEndAsync();
            if (IsOverdue)
                throw new WrongAnswerException("a connection that is not closed, though the answer says so");

            return Outcome.Close;
        }
        catch (WrongAnswerException e)
        {
            return FailAttempt(request, connection, start, sent, FailureKind.Wrong, e.Message);
        }
        catch (Exception e) when (IsEnd(e))
        {
            return FailAttempt(request, connection, start, sent, KindOfEnd(connection), Describe(e));
        }
    }

    private Outcome FailAttempt(LoadRequest request, Http1Connection connection, long start, long sent, FailureKind kind, string detail)
    {
        bool again = Options.SendsAgain && kind == FailureKind.Reuse && !IsOverdue && !Run.IsCancelled;
        Observe(start, sent, connection.Connected, connection.Port, kind, detail, again);
        if (again)
            return Outcome.SendAgain;

        Fail(kind, request, detail, connection.Answers);
        return Outcome.Close;
    }

    private void Observe(long due, long sent, long connected, int port, FailureKind? failure, string detail, bool again)
    {
        if (Options.Observer is { } observer && !Run.IsCancelled)
            observer(new Attempt(due, connected, sent, Stopwatch.GetTimestamp(), port, failure, detail, again));
    }
}

namespace Tandem.LoadClient;

/// <summary>One request after the other, on a connection for each or on one that is kept.</summary>
internal sealed class SequentialClient(LoadRun run, int number) : Http1ClientBase(run, number)
{
    internal override async Task RunAsync()
    {
        bool keeps = Options.Mode == LoadMode.KeepAlive;
        while (true)
        {
            long start = await WaitForTurnAsync();
            if (!Run.TryTake())
                break;

            if (Options.Pause is not null && Connection?.IsClosedByServer == true)
                Close();

            int turn = NextTurn();
            LoadRequest request = Options.Requests[turn];
            if (!await TryOpenAsync(request))
                continue;

            if (!await TrySendAsync(request, Messages[turn], start, keeps))
                Close();
        }

        Close();
    }

    /// <returns>Whether the connection can be used again.</returns>
    private async ValueTask<bool> TrySendAsync(LoadRequest request, byte[] message, long start, bool keeps)
    {
        Http1Connection connection = Connection!;
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
            Unwatch();
            if (keeps)
                return !answer.Closes;

            if (!answer.Closes)
                throw new WrongAnswerException("a connection that is kept, though it was to be closed");

            // The server closes first, so that the port that waits is not one of those that clients run out of.
            Watch(connection);
            await Reader.ReadEndAsync();
            if (IsOverdue)
                throw new WrongAnswerException("a connection that is not closed, though the answer says so");

            return false;
        }
        catch (WrongAnswerException e)
        {
            Fail(FailureKind.Wrong, request, e.Message, connection.Answers);
        }
        catch (Exception e) when (IsEnd(e))
        {
            Fail(KindOfEnd(connection), request, Describe(e), connection.Answers);
        }

        return false;
    }
}

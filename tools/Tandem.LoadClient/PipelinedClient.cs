namespace Tandem.LoadClient;

/// <summary>
/// Several requests on their way at a time. Those behind an answer that closes the connection are sent again on the next one, as RFC 9112,
/// section 9.3.2, has it; where the connection ends without such an answer, all that were on their way are lost.
/// </summary>
internal sealed class PipelinedClient(LoadRun run, int number) : Http1ClientBase(run, number)
{
    private readonly record struct Sending(int Turn, long Start);

    private readonly Queue<Sending> _underWay = new();
    private readonly Queue<Sending> _again = new();
    private readonly MemoryStream _batch = new();

    internal override async Task RunAsync()
    {
        while (true)
        {
            if (Connection is null && _again.Count == 0 && !TryTakeOne())
                break;
            if (Connection is null && !await TryOpenAsync(Options.Requests[_again.Peek().Turn]))
            {
                _again.Dequeue();
                continue;
            }

            if (!await TryExchangeAsync())
                Close();
        }
    }

    private bool TryTakeOne()
    {
        if (!Run.TryTake())
            return false;

        _again.Enqueue(new Sending(NextTurn(), System.Diagnostics.Stopwatch.GetTimestamp()));
        return true;
    }

    /// <summary>Sends what may be sent and reads one answer.</summary>
    /// <returns>Whether the connection can be used on.</returns>
    private async ValueTask<bool> TryExchangeAsync()
    {
        Http1Connection connection = Connection!;
        try
        {
            // Only where nothing waits to be read: so requests leave in batches.
            if (!Reader.HasMore)
                await SendAsync(connection);
            if (_underWay.Count == 0)
                return false;

            Watch(connection);
            Sending first = _underWay.Peek();
            Answer answer = await Reader.ReadAsync(Options.Requests[first.Turn]);
            Accept(connection, Options.Requests[first.Turn], answer);
            _underWay.Dequeue();
            Succeed(first.Start);
            if (!answer.Closes)
                return true;

            if (Reader.HasMore)
                Fail(FailureKind.Wrong, Options.Requests[first.Turn], "bytes behind the last answer", connection.Answers);

            Result.Resent += _underWay.Count;
            while (_underWay.TryDequeue(out Sending sending))
                _again.Enqueue(sending);
        }
        catch (WrongAnswerException e)
        {
            Fail(FailureKind.Wrong, Options.Requests[_underWay.Dequeue().Turn], e.Message, connection.Answers);
            LoseAll(connection, "behind a wrong answer");
        }
        catch (Exception e) when (IsEnd(e))
        {
            Fail(KindOfEnd(connection), Options.Requests[_underWay.Dequeue().Turn], Describe(e), connection.Answers);
            LoseAll(connection, "behind a request that was lost");
        }

        return false;
    }

    private async ValueTask SendAsync(Http1Connection connection)
    {
        _batch.SetLength(0);
        while (_underWay.Count < Options.Depth && (_again.Count > 0 || TryTakeOne()))
        {
            Sending sending = _again.Dequeue();
            _underWay.Enqueue(sending);
            _batch.Write(Messages[sending.Turn]);
            Sent++;
        }

        if (_batch.Length == 0)
            return;

        try
        {
            Watch(connection);
            await connection.Stream.WriteAsync(_batch.GetBuffer().AsMemory(0, (int)_batch.Length));
        }
        catch (Exception e) when (IsEnd(e))
        {
            // The answers that came before the end may still be there to be read, and say what became of the requests.
        }
    }

    private void LoseAll(Http1Connection connection, string detail)
    {
        FailureKind kind = connection.Answers == 0 ? FailureKind.Fresh : FailureKind.Reuse;
        while (_underWay.TryDequeue(out Sending sending))
            Fail(kind, Options.Requests[sending.Turn], detail, connection.Answers);
    }
}

using System.Net.Sockets;

namespace Tandem.LoadClient;

/// <summary>What the clients of HTTP/1.1 have in common: one connection at a time and one reader for all of them.</summary>
internal abstract class Http1ClientBase(LoadRun run, int number) : LoadClientBase(run, number)
{
    protected byte[][] Messages { get; } =
        [.. run.Options.Requests.Select(request => request.Write(run.Options.EndPoint.ToString(), run.Options.Mode == LoadMode.ConnectionPerRequest))];

    protected AnswerReader Reader { get; } = new();

    protected Http1Connection? Connection { get; private set; }

    /// <summary>Why no connection could be opened the last time.</summary>
    protected (FailureKind Kind, string Detail) OpenFailure { get; private set; }

    /// <summary>What a connection's end may look like to who uses it.</summary>
    protected static bool IsEnd(Exception e) =>
        e is IOException or SocketException or ObjectDisposedException or System.Security.Authentication.AuthenticationException;

    /// <summary>Makes sure that there is a connection.</summary>
    /// <returns>False where there is none, which is counted as a failure of the request.</returns>
    protected async ValueTask<bool> TryOpenAsync(LoadRequest request)
    {
        if (Connection is not null)
            return true;

        Http1Connection? connection = null;
        try
        {
            connection = new Http1Connection(Options);
            Watch(connection);
            await connection.ConnectAsync(Options);
        }
        catch (Exception e) when (IsEnd(e))
        {
            connection?.Dispose();
            Unwatch();
            OpenFailure = (FailureKind.Refused, Describe(e));
            await FailToConnectAsync(request, OpenFailure.Detail);
            return false;
        }

        Result.Connections++;
        try
        {
            await connection.OpenStreamAsync(Options);
        }
        catch (Exception e) when (IsEnd(e))
        {
            connection.Dispose();
            Unwatch();
            OpenFailure = (FailureKind.Fresh, Describe(e));
            Fail(FailureKind.Fresh, request, OpenFailure.Detail, 0);
            return false;
        }

        Connection = connection;
        Reader.Attach(connection.Stream);
        return true;
    }

    protected void Close()
    {
        Unwatch();
        Connection?.Dispose();
        Connection = null;
    }

    /// <summary>Takes note of a complete answer.</summary>
    /// <exception cref="WrongAnswerException">It came from another process than those before it.</exception>
    protected void Accept(Http1Connection connection, LoadRequest request, Answer answer)
    {
        if (request.IsPid && connection.Pid == 0)
        {
            connection.Pid = answer.Number;
            Result.AddConnectionOf(answer.Number);
        }
        else if (request.IsPid && connection.Pid != answer.Number)
        {
            throw new WrongAnswerException($"process {answer.Number} on a connection of process {connection.Pid}");
        }

        connection.Answers++;
    }

    protected FailureKind KindOfEnd(Http1Connection connection) =>
        Reader.InAnswer ? FailureKind.Mid : connection.Answers == 0 ? FailureKind.Fresh : FailureKind.Reuse;

    protected static string Describe(Exception e) => e.GetBaseException() is SocketException socket ? socket.SocketErrorCode.ToString() : e.Message;
}

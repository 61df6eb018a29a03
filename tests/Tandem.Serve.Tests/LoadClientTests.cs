using System.Net;
using System.Net.Sockets;
using System.Text;
using Tandem.LoadClient;

namespace Tandem.Serve.Tests;

/// <summary>What the load of tests and benchmarks calls lost, and what it sends again.</summary>
public sealed class LoadClientTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, World!";

    [Fact(Timeout = Limits.Test)]
    public async Task A_kept_connection_that_ends_before_the_answer_is_a_failure()
    {
        (LoadResult result, List<Attempt> attempts) = await LoadAsync(sendsAgain: false, Answer, "", Answer);
        Assert.Equal((2, 1, 1, 0), (result.Requests, result.Failed, result.Count(FailureKind.Reuse), result.Resent));
        Assert.Equal([null, FailureKind.Reuse, null], attempts.Select(static attempt => attempt.Failure));
        Assert.DoesNotContain(attempts, static attempt => attempt.IsSentAgain);
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_client_that_sends_again_has_its_answer_from_another_connection()
    {
        (LoadResult result, List<Attempt> attempts) = await LoadAsync(sendsAgain: true, Answer, "", Answer, Answer);
        Assert.Equal((3, 0, 1), (result.Requests, result.Failed, result.Resent));
        Assert.Equal([false, true, false, false], attempts.Select(static attempt => attempt.IsSentAgain));
        Assert.Equal(attempts[0].Port, attempts[1].Port);
        Assert.NotEqual(attempts[1].Port, attempts[2].Port);
        Assert.All(attempts, static attempt => Assert.True(attempt.Connected <= attempt.Sent && attempt.Sent <= attempt.Ended, $"{attempt}"));
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData("", FailureKind.Fresh)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello", FailureKind.Mid)]
    public async Task A_client_that_sends_again_does_not_do_so_on_a_new_connection_or_in_an_answer(string cut, FailureKind kind)
    {
        (LoadResult result, List<Attempt> attempts) = await LoadAsync(sendsAgain: true, cut, Answer, "", "", Answer);
        // The third ends a kept connection, and the fourth the new one on which that request is sent again.
        Assert.Equal((2, 2, 1), (result.Requests, result.Failed, result.Resent));
        Assert.Equal([kind, null, FailureKind.Reuse, FailureKind.Fresh, null], attempts.Select(static attempt => attempt.Failure));
    }

    /// <summary>One client against a server that answers requests as said, and closes the connection behind an answer that is not whole.</summary>
    private static async Task<(LoadResult Result, List<Attempt> Attempts)> LoadAsync(bool sendsAgain, params string[] answers)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        List<Attempt> attempts = [];
        int requests = sendsAgain ? answers.Length - 1 : answers.Length;
        Task<LoadResult> load = LoadRun.RunAsync(new LoadOptions
        {
            EndPoint = (IPEndPoint)listener.LocalEndpoint,
            Count = requests,
            SendsAgain = sendsAgain,
            Observer = attempts.Add,
        });
        var next = new Queue<string>(answers);
        while (next.Count > 0)
        {
            using Socket socket = await listener.AcceptSocketAsync();
            string answer = Answer;
            while (answer == Answer && next.Count > 0 && await ReceiveAsync(socket))
            {
                answer = next.Dequeue();
                await socket.SendAsync(Encoding.ASCII.GetBytes(answer));
            }
        }

        return (await load, attempts);
    }

    private static async Task<bool> ReceiveAsync(Socket socket)
    {
        var buffer = new byte[4096];
        var text = new StringBuilder();
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            int read = await socket.ReceiveAsync(buffer);
            if (read == 0)
                return false;

            text.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        return true;
    }
}

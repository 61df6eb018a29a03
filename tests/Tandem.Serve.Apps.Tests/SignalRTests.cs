using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Tandem.Serve.Apps.Tests.Infrastructure;

namespace Tandem.Serve.Apps.Tests;

/// <summary>One after another: each test runs servers.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class SignalRCollection;

/// <summary>
/// Clients of SignalR as they are by default: they negotiate by one request, and go on by others, which another worker does not know
/// anything about.
/// </summary>
[Collection<SignalRCollection>]
public sealed class SignalRTests
{
    private const int Limit = 180_000;
    private const int Workers = 2; // as every server here has
    private const int LeastConnections = 4;

    [Theory(Timeout = Limit)]
    [InlineData(HttpTransportType.WebSockets)]
    [InlineData(HttpTransportType.ServerSentEvents)]
    [InlineData(HttpTransportType.LongPolling)]
    public async Task With_sticky_routing_every_transport_works_on_several_workers(HttpTransportType transport)
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(Hosting.Served, Site("--sticky", "cookie"));
        var processes = new HashSet<int>();
        var connections = new List<HubConnection>(); // who has more of them than another worker lets that one go first
        for (int i = 0; i < LeastConnections || processes.Count < Workers; i++) // until the test's own limit
        {
            HubConnection connection = Connect(server, transport);
            connections.Add(connection);
            var received = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            connection.On<string>("Received", received.SetResult);
            await connection.StartAsync(TestContext.Current.CancellationToken);
            int process = await connection.InvokeAsync<int>("Process", TestContext.Current.CancellationToken);
            await connection.InvokeAsync("Send", $"message {i}", TestContext.Current.CancellationToken);
            Assert.Equal($"message {i}", await received.Task.WaitAsync(TestContext.Current.CancellationToken));
            for (int j = 0; j < 5; j++)
                Assert.Equal(process, await connection.InvokeAsync<int>("Process", TestContext.Current.CancellationToken));

            processes.Add(process);
        }

        Assert.Equal((await server.WorkersAsync()).Order(), processes.Order());
        foreach (HubConnection connection in connections)
            await connection.DisposeAsync();

        await server.StopAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task Without_it_connections_are_refused_that_another_worker_has_negotiated()
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(Hosting.Served, Site());
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            while (true)
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
                await using HubConnection connection = Connect(server, HttpTransportType.WebSockets);
                await connection.StartAsync(TestContext.Current.CancellationToken);
            }
        });
        Assert.False(TestContext.Current.CancellationToken.IsCancellationRequested);
    }

    private static HubConnection Connect(ServerUnderTest server, HttpTransportType transport) =>
        new HubConnectionBuilder().WithUrl($"{server.Address}/chat", transport).Build();

    private static Application Site(params string[] options) =>
        Application.Assembly(Outputs.Of("Tandem.Serve.Apps.Tests.Site"), "Tandem.Serve.Apps.Tests.Site") with { ServeOptions = options };
}

using Microsoft.AspNetCore.SignalR;

namespace Tandem.Serve.Apps.Tests.Site;

/// <summary>A hub as the tutorials have it, which also says where it runs.</summary>
internal sealed class ChatHub : Hub
{
    public Task Send(string message) => Clients.Caller.SendAsync("Received", message);

    public int Process() => Environment.ProcessId;
}

using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Tandem.Serve.Apps.Tests.Site;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddSignalR();
WebApplication app = builder.Build();

app.UseDefaultFiles();
app.UseStaticFiles();

// As with a question to a database: most of the time the request is inside the application.
app.MapGet("/api/time", static async (CancellationToken cancellation) =>
{
    await Task.Delay(20, cancellation);
    return new { Process = Environment.ProcessId, Time = DateTimeOffset.UtcNow };
});

// The numbers go on where the browser says that it lost the stream, whichever process it comes to.
app.MapGet("/events", static (HttpRequest request, IHostApplicationLifetime lifetime, CancellationToken gone) =>
{
    long last = long.TryParse(request.Headers["Last-Event-ID"], CultureInfo.InvariantCulture, out long id) ? id : 0;
    return TypedResults.ServerSentEvents(NumbersAsync(last, lifetime.ApplicationStopping, gone));
});

app.MapHub<ChatHub>("/chat");

await app.RunAsync();

static async IAsyncEnumerable<SseItem<int>> NumbersAsync(long last, CancellationToken stopping, [EnumeratorCancellation] CancellationToken gone)
{
    // A stream ends when its process is to end: it would never end by itself.
    while (!stopping.IsCancellationRequested)
    {
        last++;
        yield return new SseItem<int>(Environment.ProcessId)
        {
            EventId = last.ToString(CultureInfo.InvariantCulture),
            ReconnectionInterval = TimeSpan.FromMilliseconds(50),
        };
        await Task.WhenAny(Task.Delay(50, gone), Task.Delay(Timeout.Infinite, stopping));
        gone.ThrowIfCancellationRequested();
    }
}

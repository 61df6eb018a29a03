using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Tandem.Serve.TestApp;

if (args.Contains("--older-host"))
{
    OlderHost.Run(args);
    return;
}

if (args is ["--no-host", "--listen", var own])
{
    new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, int.Parse(own, System.Globalization.CultureInfo.InvariantCulture)).Start();
    Thread.Sleep(Timeout.Infinite);
}

// Read at the start: an answer shows which build serves, not which build lies on the disk.
string versionFile = Path.Combine(AppContext.BaseDirectory, "version.txt");
string version = File.Exists(versionFile) ? File.ReadAllText(versionFile).Trim() : "";

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);

// One more url rather than an endpoint in code, beside which Kestrel would ignore the urls.
if (builder.Configuration["https-port"] is { Length: > 0 } port && builder.Configuration["certificate"] is { Length: > 0 } certificate)
{
    X509Certificate2 loaded = X509CertificateLoader.LoadPkcs12FromFile(certificate, builder.Configuration["certificate-password"]);
    builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(https =>
    {
        https.ServerCertificate = loaded;
        https.ClientCertificateMode = Enum.Parse<ClientCertificateMode>(builder.Configuration["client-certificates"] ?? nameof(ClientCertificateMode.NoCertificate));
    }));
    builder.WebHost.UseUrls($"{builder.Configuration["urls"]};https://127.0.0.1:{port}".TrimStart(';'));
}

// Clients of tests may have to wait long for a processor, or send no more before something has happened.
builder.WebHost.ConfigureKestrel(Patience.Configure);

if (builder.Configuration["most-body"] is { } mostBody)
    builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = long.Parse(mostBody, System.Globalization.CultureInfo.InvariantCulture));

// As many do, so that the file of a former run is not in the way.
if (builder.Configuration["delete-first"] is { } first)
    File.Delete(first);

if (builder.Configuration["own-port"] is { } ownPort)
    new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, int.Parse(ownPort, System.Globalization.CultureInfo.InvariantCulture)).Start();

builder.Services.AddHostedService<Ticker>();
int? ownLimit = builder.Configuration.GetValue<int?>("own-request-limit");
if (ownLimit is { } milliseconds)
    Endless.AddOwnLimit(builder.Services, milliseconds);

WebApplication app = builder.Build();
app.UseWebSockets();
if (ownLimit is not null)
    app.UseRequestTimeouts();
if (builder.Configuration["delete-last"] is { } last)
    app.Lifetime.ApplicationStopped.Register(() => File.Delete(last));

app.MapGet("/", () => "Hello, World!");
app.MapGet("/json", () => new Message("Hello, World!"));
app.MapGet("/pid", () => $"{Environment.ProcessId}");
app.MapGet("/client", (HttpContext context) => $"{context.Request.Scheme} {context.Connection.RemoteIpAddress} {context.Request.Host} {context.Request.Path}{context.Request.QueryString}");
app.MapGet("/silent", async (HttpContext context) =>
{
    await context.Response.Body.FlushAsync();
    await Task.Delay(Timeout.Infinite, context.RequestAborted);
});
app.MapGet("/ticker", () => Ticker.IsRunning);
app.MapGet("/threads", () =>
{
    ThreadPool.GetMaxThreads(out int most, out _);
    ThreadPool.GetMinThreads(out int least, out _);
    return $"{least}:{most}";
});
app.MapGet("/environment", (string name) => Environment.GetEnvironmentVariable(name) ?? "");
app.MapGet("/environment-of-children", Children.EnvironmentAsync);
app.MapGet("/version", () => version);
// One file for all workers, or one for that of a number.
app.MapGet("/health", () => builder.Configuration["sick-file"] is { } sick && (File.Exists(sick) || File.Exists($"{sick}.{Environment.GetEnvironmentVariable("TANDEM_WORKER_NUMBER")}")) ? Results.StatusCode(503) : Results.Ok());
app.MapGet("/slow", async (int ms, CancellationToken token) =>
{
    await Task.Delay(ms, token);
    return "slow";
});

app.MapGet("/block", (int ms, int? threads) => Trouble.BlockAsync(ms, threads ?? 1));
app.MapGet("/until", Trouble.UntilAsync);
app.MapGet("/sleep", (int ms) => Thread.Sleep(ms));
app.MapGet("/gc", (int ms) => Trouble.Collect(ms));
app.MapGet("/hang", Trouble.Hang);
app.MapGet("/write", (int lines, int length) => Trouble.Write(lines, length));
app.MapGet("/leak", (int mib) => Trouble.Leak(mib));
app.MapGet("/crash", (string? how) => Trouble.Crash(how ?? "failfast"));

app.MapGet("/big", (int kib, HttpContext context) => Bodies.WriteAsync(context, kib * 1024L, chunked: false));
app.MapGet("/chunked", (int kib, HttpContext context) => Bodies.WriteAsync(context, kib * 1024L, chunked: true));
app.MapPost("/echo", Bodies.EchoAsync);
app.MapGet("/sse", (int? ms, int? count, HttpContext context) => Bodies.SendEventsAsync(context, ms ?? 100, count ?? int.MaxValue));
app.Map("/ws", Bodies.EchoMessagesAsync);
Endless.Map(app);

app.Run();

/// <summary>The small object of <c>/json</c>.</summary>
internal sealed record Message(string Text);

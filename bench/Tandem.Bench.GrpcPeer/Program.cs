using Microsoft.AspNetCore.Server.Kestrel.Core;
using Tandem.Bench.GrpcPeer;

// The other side of the comparison with gRPC: a server on the Unix socket that is named. It ends when its standard input does.
WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(args[0], static listen => listen.Protocols = HttpProtocols.Http2));
builder.Services.AddGrpc();
await using WebApplication app = builder.Build();
app.MapGrpcService<MessageService>();
await app.StartAsync();
Console.WriteLine("ready");
await Console.In.ReadToEndAsync();
await app.StopAsync();

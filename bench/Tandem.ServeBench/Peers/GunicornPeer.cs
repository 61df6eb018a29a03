using System.Globalization;
using Tandem.ServeBench.Servers;

namespace Tandem.ServeBench.Peers;

/// <summary>gunicorn with uvicorn's workers: the usual way to serve an asynchronous Python application from several processes.</summary>
internal sealed class GunicornPeer : Peer
{
    private static readonly string App =
        $$"""
        import asyncio


        async def app(scope, receive, send):
            assert scope["type"] == "http"
            await asyncio.sleep({{DelayMilliseconds}} / 1000)
            headers = [(b"content-type", b"text/plain"), (b"content-length", b"{{Body.Length}}")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"{{Body}}"})

        """;

    internal override string Name => "gunicorn + uvicorn";

    internal override string Packages => "gunicorn python3-uvicorn python3-httptools python3-uvloop";

    internal override string ReloadBy => "HUP";

    internal override string? FindVersion()
    {
        if (VersionOf("gunicorn", "--version") is not { } gunicorn || Find("gunicorn") is not { } script)
            return null;

        // The interpreter that gunicorn runs in must have the rest, too.
        string interpreter = File.ReadLines(script).First().TrimStart('#', '!', ' ');
        string? uvicorn = VersionOf(interpreter, "-c", "import uvicorn, uvicorn.workers, httptools, uvloop; print(uvicorn.__version__)");
        return uvicorn is null ? null : $"{gunicorn} + {uvicorn}";
    }

    internal override string[] Start(int port, string folder)
    {
        Write(folder, "peer_app.py", App);
        string workers = Workers.ToString(CultureInfo.InvariantCulture);
        return [Find("gunicorn")!, "--bind", $"127.0.0.1:{port}", "--workers", workers, "--worker-class", "uvicorn.workers.UvicornWorker", "--chdir", folder, "peer_app:app"];
    }

    internal override Task ReloadAsync(PeerServer server)
    {
        Os.Signal(server.Pid, Os.Hangup);
        return Task.CompletedTask;
    }
}

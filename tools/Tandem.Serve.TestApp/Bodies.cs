using System.Globalization;
using System.Net.WebSockets;
using Tandem.LoadClient;

namespace Tandem.Serve.TestApp;

/// <summary>The answers that are more than a line.</summary>
internal static class Bodies
{
    private const int Piece = 16 * 1024;

    internal static async Task WriteAsync(HttpContext context, long length, bool chunked)
    {
        context.Response.ContentType = "application/octet-stream";
        if (!chunked)
            context.Response.ContentLength = length;

        for (long offset = 0; offset < length;)
        {
            ReadOnlyMemory<byte> piece = Pattern.At(offset, Math.Min(Piece, length - offset));
            await context.Response.Body.WriteAsync(piece, context.RequestAborted);
            offset += piece.Length;
        }
    }

    internal static async Task EchoAsync(HttpContext context)
    {
        context.Response.ContentType = context.Request.ContentType;
        context.Response.ContentLength = context.Request.ContentLength;
        await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    internal static async Task SendEventsAsync(HttpContext context, int milliseconds, int count)
    {
        context.Response.ContentType = "text/event-stream";
        try
        {
            for (int i = 0; i < count; i++)
            {
                await context.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"data: {i}\n\n"), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(milliseconds, context.RequestAborted);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The reader has gone, which is how most streams of events end.
        }
    }

    internal static async Task EchoMessagesAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        byte[] buffer = new byte[Piece];
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult part = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
                if (part.MessageType == WebSocketMessageType.Close)
                    break;

                await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, context.RequestAborted);
            }

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The other end has gone without a word.
        }
    }
}

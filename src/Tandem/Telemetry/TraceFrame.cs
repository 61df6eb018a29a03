using System.Diagnostics;
using System.Text;

namespace Tandem.Telemetry;

/// <summary>
/// The trace that a work item belongs to, on its way to a worker process: <c>traceparent</c> and, behind it, <c>tracestate</c>, as W3C
/// Trace Context writes them (https://www.w3.org/TR/trace-context/).
/// </summary>
internal static class TraceFrame
{
    private const int ParentLength = 55;

    internal static byte[] Write(ActivityContext context)
    {
        string flags = (context.TraceFlags & ActivityTraceFlags.Recorded) != 0 ? "01" : "00";
        return Encoding.ASCII.GetBytes($"00-{context.TraceId.ToHexString()}-{context.SpanId.ToHexString()}-{flags}{context.TraceState}");
    }

    /// <summary>False where it is none, which no worker needs to mind.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> body, out ActivityContext context)
    {
        string text = Encoding.ASCII.GetString(body);
        context = default;
        return text.Length >= ParentLength
            && ActivityContext.TryParse(text[..ParentLength], text.Length > ParentLength ? text[ParentLength..] : null, isRemote: true, out context);
    }
}

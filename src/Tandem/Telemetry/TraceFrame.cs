using System.Diagnostics;
using System.Text;

namespace Tandem.Telemetry;

/// <summary>
/// Serializes the trace of a work item for a worker process: <c>traceparent</c>, followed by <c>tracestate</c>, in the format of W3C
/// Trace Context (https://www.w3.org/TR/trace-context/).
/// </summary>
internal static class TraceFrame
{
    private const int ParentLength = 55;

    internal static byte[] Write(ActivityContext context)
    {
        string flags = (context.TraceFlags & ActivityTraceFlags.Recorded) != 0 ? "01" : "00";
        return Encoding.ASCII.GetBytes($"00-{context.TraceId.ToHexString()}-{context.SpanId.ToHexString()}-{flags}{context.TraceState}");
    }

    /// <summary>Reads a trace; false if the bytes are not valid, which a worker may ignore.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> body, out ActivityContext context)
    {
        string text = Encoding.ASCII.GetString(body);
        context = default;
        return text.Length >= ParentLength
            && ActivityContext.TryParse(text[..ParentLength],
                text.Length > ParentLength ? text[ParentLength..] : null, isRemote: true, out context);
    }
}

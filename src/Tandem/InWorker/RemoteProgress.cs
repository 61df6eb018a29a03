using Tandem.Invocation;
using Tandem.Serialization;
using Tandem.Transport;

namespace Tandem.InWorker;

/// <summary>A progress receiver whose reports are sent to the parent, in order and before the result.</summary>
internal sealed class RemoteProgress<T>(OutcomeLink link, int slot, uint sequence, int number, AnswerPolicy? reports) : Progress<T>
{
    private readonly Lock _lock = new(); // keeps reports in order

    protected override unsafe void OnReport(T value)
    {
        lock (_lock)
        {
            using var writer = new PayloadWriter();
            writer.Begin(HeapMemory.Instance, ForResults);
            writer.Answer = reports;
            Codec<T>.Instance.Write(writer, value);
            if (writer.Length > MaximumReport)
                throw new WorkSerializationException($"a report of {writer.Length} bytes is too large; the limit is {MaximumReport} bytes");

            link.Send(FrameKind.Progress, slot, sequence, number, new ReadOnlySpan<byte>(writer.Start, (int)writer.Length));
        }
    }

    private const int MaximumReport = 60 * 1024;

    private static CallLinks ForResults => CallLinks.ForResults;
}

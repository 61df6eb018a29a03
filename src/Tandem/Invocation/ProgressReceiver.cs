using Tandem.Serialization;

namespace Tandem.Invocation;

/// <summary>A captured <see cref="IProgress{T}"/>, independent of the type of its reports.</summary>
internal abstract class ProgressReceiver
{
    internal abstract object Target { get; }

    /// <summary>Deserializes a report. The returned action delivers it.</summary>
    /// <param name="reader">The reader of the report.</param>
    /// <param name="answer">Decides what results of the same call may contain.</param>
    internal abstract Action Read(PayloadReader reader, AnswerPolicy answer);
}

/// <inheritdoc/>
internal sealed class ProgressReceiver<T>(IProgress<T> progress) : ProgressReceiver
{
    private AnswerPolicy? _reports; // what reports may contain

    internal override object Target => progress;

    internal override Action Read(PayloadReader reader, AnswerPolicy answer)
    {
        reader.Answer = _reports ??= answer.ForReports(typeof(T));
        T value = Codec<T>.Instance.Read(reader);
        return () => progress.Report(value);
    }
}

using Tandem.Serialization;

namespace Tandem.Invocation;

/// <summary>A captured <see cref="IProgress{T}"/>, independent of the type of its reports.</summary>
internal abstract class ProgressReceiver
{
    internal abstract object Target { get; }

    /// <summary>Deserializes a report. The returned action delivers it.</summary>
    internal abstract Action Read(PayloadReader reader);
}

/// <inheritdoc/>
internal sealed class ProgressReceiver<T>(IProgress<T> progress) : ProgressReceiver
{
    internal override object Target => progress;

    internal override Action Read(PayloadReader reader)
    {
        T value = Codec<T>.Instance.Read(reader);
        return () => progress.Report(value);
    }
}

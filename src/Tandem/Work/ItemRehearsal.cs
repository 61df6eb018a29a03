using Tandem.Serialization;
using Tandem.Shipping;

namespace Tandem.Work;

/// <inheritdoc/>
internal sealed class ItemRehearsal : IResultRehearsal
{
    public void End<TResult>(Form<TResult> form, Delegate work, PayloadReader result) =>
        new LocalItem<TResult>(form, work, null, CancellationToken.None).ReadResult(result);
}

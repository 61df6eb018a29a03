using Tandem.Serialization;
using Tandem.Shipping;
using Tandem.Work;

namespace Tandem.Processes;

/// <inheritdoc cref="IResultRehearsal"/>
/// <param name="callable">What an item calls that waits for the first worker.</param>
internal sealed class ItemRehearsal(Callable callable) : IResultRehearsal
{
    public void End<TResult>(PayloadReader result) => new RemoteCall(new CallTask<TResult>(), callable.Alone, CancellationToken.None).ReadResult(result);
}

using Tandem.Processes;

namespace Tandem.Tests.Fuzz;

/// <summary>An item for a worker process, and the task that is over when the item is.</summary>
internal sealed record Sent(RemoteItem Item, Task Task)
{
    public static implicit operator RemoteItem(Sent sent) => sent.Item;
}

using Tandem.Work;

namespace Tandem.Processes;

/// <summary>In a pool of processes, workers hold items.</summary>
internal static class ItemHolder
{
    extension(WorkItem item)
    {
        /// <summary>The worker that has the item; null while the item waits.</summary>
        internal ProcessWorker? Worker
        {
            get => item.Holder as ProcessWorker;
            set => item.Holder = value;
        }
    }
}

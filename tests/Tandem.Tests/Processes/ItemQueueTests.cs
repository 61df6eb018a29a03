using System.Runtime.CompilerServices;
using CsCheck;
using Tandem.Invocation;
using Tandem.Processes;

namespace Tandem.Tests.Processes;

/// <summary>The queue of a pool of processes, with items that leave from its middle.</summary>
public sealed class ItemQueueTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Removing_all_items_takes_a_number_of_steps_that_grows_with_the_items_alone(bool firstToLast)
    {
        const int Few = 1_000, Many = 64_000;

        long few = StepsToRemove(Few, firstToLast), many = StepsToRemove(Many, firstToLast);

        Assert.InRange(few, 0, 4 * Few);
        Assert.InRange(many, 0, 4 * Many);
    }

    [Fact]
    public void A_queue_keeps_its_order_whatever_leaves_it() =>
        Gen.Int[0, 5].Array[400].Sample(steps =>
        {
            var queue = new ItemQueue();
            List<Item>[] expected = [[], [], []];
            var random = new Random(steps.Length > 0 ? steps[0] : 0);
            foreach (int step in steps)
            {
                switch (step)
                {
                    case 0 or 1 or 2:
                        var item = new Item(step - 1);
                        queue.Enqueue(item);
                        expected[1 - (step - 1)].Add(item);
                        break;
                    case 3:
                        var back = new Item(random.Next(-1, 2));
                        queue.EnqueueFirst(back);
                        expected[1 - (int)back.Limits!.Priority].Insert(0, back);
                        break;
                    case 4:
                        List<Item>? line = expected.FirstOrDefault(static line => line.Count > 0);
                        if (!ReferenceEquals(queue.First, line?[0]) || !ReferenceEquals(queue.Dequeue(), line?[0]))
                            return false;
                        line?.RemoveAt(0);
                        break;
                    default:
                        Item[] all = [.. expected.SelectMany(static line => line)];
                        if (all.Length == 0)
                            break;
                        Item gone = all[random.Next(all.Length)];
                        if (!queue.Remove(gone) || queue.Remove(gone))
                            return false;
                        expected[1 - (int)gone.Limits!.Priority].Remove(gone);
                        break;
                }

                if (queue.Count != expected.Sum(static line => line.Count))
                    return false;
            }

            return true;
        });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_queue_in_which_no_item_waits_holds_none_that_was_removed(bool removedIsLast)
    {
        var queue = new ItemQueue();
        WeakReference removed = Use(queue);
        GC.Collect();

        Assert.False(removed.IsAlive);
        Assert.Equal(0, queue.Count);
        queue.Enqueue(new Item(0));
        Assert.NotNull(queue.Dequeue());
        Assert.Null(queue.Dequeue());

        [MethodImpl(MethodImplOptions.NoInlining)]
        WeakReference Use(ItemQueue queue)
        {
            Item waiting = new(0), gone = new(removedIsLast ? 0 : -1);
            queue.Enqueue(waiting);
            queue.Enqueue(gone);
            if (removedIsLast)
            {
                // The last one that waits leaves for a worker, and not because it is cancelled.
                Assert.True(queue.Remove(gone));
                Assert.Same(waiting, queue.Dequeue());
            }
            else
            {
                Assert.Same(waiting, queue.Dequeue());
                Assert.True(queue.Remove(gone));
            }

            return new WeakReference(gone);
        }
    }

    private static long StepsToRemove(int count, bool firstToLast)
    {
        var queue = new ItemQueue();
        Item[] items = [.. Enumerable.Range(0, count).Select(static _ => new Item(0))];
        foreach (Item item in items)
            queue.Enqueue(item);
        if (!firstToLast)
            Array.Reverse(items);
        foreach (Item item in items)
            Assert.True(queue.Remove(item));

        Assert.Equal(0, queue.Count);
        Assert.Null(queue.Dequeue());
        return queue.Steps;
    }

    private sealed class Item : RemoteItem
    {
        private static readonly CallPayload Nothing = CallPayload.Of(PlainAdapter<VoidResult>.Instance, new Action(static () => { }), null);

        internal Item(int priority)
            : base(Nothing, CancellationToken.None) => Details.Limits = new ItemLimits(null, null, 0, 0, (WorkPriority)priority);

        protected override string MethodName => "item";

        internal override bool SetException(Exception error) => TrySettle(error);

        internal override void SetCanceled(CancellationToken token) => TrySettle();
    }
}

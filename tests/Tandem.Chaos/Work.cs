namespace Tandem.Chaos;

/// <summary>What an item does.</summary>
internal enum Deed
{
    /// <summary>Next to nothing.</summary>
    Tiny,

    /// <summary>A few milliseconds.</summary>
    Slow,

    /// <summary>A megabyte there and back.</summary>
    Huge,

    /// <summary>Is cancelled, and obeys.</summary>
    Obedient,

    /// <summary>Is cancelled, and goes on.</summary>
    Stubborn,

    /// <summary>Passes its time limit.</summary>
    Endless,

    /// <summary>Ends its process.</summary>
    Suicidal,
}

/// <summary>One item as it travels.</summary>
internal readonly record struct Order(string Ledger, int Number, Deed Deed, byte[]? Load);

/// <summary>The work itself, in the worker.</summary>
internal static class Work
{
    internal static (int Number, byte[]? Load) Do(Order order, CancellationToken token)
    {
        WorkerLedger.Of(order.Ledger).Started(order.Number);
        switch (order.Deed)
        {
            case Deed.Slow:
                Thread.Sleep(order.Number % 5);
                break;
            case Deed.Obedient:
                token.WaitHandle.WaitOne();
                token.ThrowIfCancellationRequested();
                break;
            case Deed.Stubborn or Deed.Endless:
                Thread.Sleep(Timeout.Infinite);
                break;
            case Deed.Suicidal:
                Environment.Exit(order.Number % 3);
                break;
        }

        WorkerLedger.Of(order.Ledger).Ended(order.Number);
        return (order.Number, order.Load);
    }

    /// <summary>What the item with this number does: the seed decides.</summary>
    internal static Deed DeedOf(int seed, int number)
    {
        // A mix of two multiplications (splitmix64's finalizer) is random enough to tell items apart.
        ulong mixed = ((ulong)(uint)seed << 32 | (uint)number) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 31)) * 0x94D049BB133111EB;
        return ((mixed >> 33) % 10_000) switch
        {
            < 5 => Deed.Suicidal,
            < 8 => Deed.Stubborn,
            < 11 => Deed.Endless,
            < 40 => Deed.Obedient,
            < 60 => Deed.Huge,
            < 200 => Deed.Slow,
            _ => Deed.Tiny,
        };
    }
}

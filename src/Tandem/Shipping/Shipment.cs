using Tandem.Serialization;

namespace Tandem.Shipping;

/// <summary>
/// What of a call travels: its code, and the values that it was given. Few bytes are an array, many a block of the pool's memory.
/// Calls of code alone share one.
/// </summary>
internal sealed class Shipment
{
    private Delegate? _work; // both until they are packed
    private object? _argument;
    private nint _block;

    /// <summary>Code without values, or whose values come by <see cref="Take"/>.</summary>
    internal Shipment(Callable callable) => Callable = callable;

    /// <summary>Code with values that are packed.</summary>
    internal Shipment(Callable callable, byte[] bytes)
        : this(callable)
    {
        Bytes = bytes;
        Length = bytes.Length;
    }

    private Shipment(Callable callable, Delegate work, object? argument)
        : this(callable)
    {
        _work = work;
        _argument = argument;
    }

    /// <summary>The code.</summary>
    internal Callable Callable { get; }

    /// <summary>Whether nothing is left to <see cref="Pack"/>.</summary>
    internal bool IsPacked => _work is null;

    /// <summary>The values, when they are few.</summary>
    internal byte[]? Bytes { get; private set; }

    /// <summary>How many bytes the values are.</summary>
    internal nint Length { get; private set; }

    /// <summary>The block, where there is one that was not freed.</summary>
    internal nint Block => _block;

    /// <summary>What travels for a call.</summary>
    /// <exception cref="WorkSerializationException">The delegate cannot travel.</exception>
    internal static Shipment Of(Form form, Delegate work, object? argument)
    {
        Callable callable = Callable.Of(work, form);
        return callable.HasValues ? new Shipment(callable, work, argument) : callable.Alone;
    }

    /// <summary>Writes captured values and argument, and keeps what was written.</summary>
    /// <exception cref="WorkSerializationException">A value cannot travel.</exception>
    internal void Pack(PayloadWriter writer)
    {
        Callable.Method.WriteValues(writer, _work!);
        try
        {
            Callable.Form.WriteArgument(writer, _argument);
        }
        catch (WorkSerializationException e)
        {
            e.Prepend("argument");
            throw;
        }

        Take(writer);
        _work = null;
        _argument = null;
    }

    /// <summary>Moves what a writer holds to here.</summary>
    internal unsafe void Take(PayloadWriter writer)
    {
        Length = writer.Length;
        if (!writer.IsInline)
            _block = (nint)writer.DetachBlock();
        else if (Length > 0)
            Bytes = new ReadOnlySpan<byte>(writer.Start, (int)Length).ToArray();
    }

    /// <summary>Frees the block, once, whoever is first.</summary>
    internal unsafe void Free(IPayloadMemory memory)
    {
        // A look first: what many calls share is not to be written to.
        if (Volatile.Read(ref _block) == 0)
            return;

        nint block = Interlocked.Exchange(ref _block, 0);
        if (block != 0)
            memory.Free((byte*)block);
    }
}

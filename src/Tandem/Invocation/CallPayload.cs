using Tandem.Serialization;

namespace Tandem.Invocation;

/// <summary>
/// The payload of a call: its remote method and its serialized values. A few bytes are kept in an array, many bytes in a block of the
/// pool's memory. All calls of a method without values share one payload.
/// </summary>
internal sealed class CallPayload
{
    private Delegate? _work; // the work, until it is serialized; null afterwards
    private object? _argument; // the argument, until it is serialized
    private nint _block; // the block of many bytes; 0 if there is none, or if it was freed

    /// <summary>Creates a payload without values, or with values that <see cref="Take"/> adds.</summary>
    internal CallPayload(RemoteMethod remoteMethod) => RemoteMethod = remoteMethod;

    /// <summary>Creates a payload whose values are serialized already.</summary>
    internal CallPayload(RemoteMethod remoteMethod, byte[] bytes)
        : this(remoteMethod)
    {
        Bytes = bytes;
        Length = bytes.Length;
    }

    private CallPayload(RemoteMethod remoteMethod, Delegate work, object? argument)
        : this(remoteMethod)
    {
        _work = work;
        _argument = argument;
    }

    /// <summary>The remote method.</summary>
    internal RemoteMethod RemoteMethod { get; }

    /// <summary>Whether the values are serialized.</summary>
    internal bool IsSerialized => _work is null;

    /// <summary>The serialized values, if they are a few bytes; otherwise null.</summary>
    internal byte[]? Bytes { get; private set; }

    /// <summary>The number of bytes of the values.</summary>
    internal nint Length { get; private set; }

    /// <summary>The block of the pool's memory; 0 if there is none, or if it was freed.</summary>
    internal nint Block => _block;

    /// <summary>Creates the payload of a call.</summary>
    /// <exception cref="WorkSerializationException">The delegate cannot be serialized.</exception>
    internal static CallPayload Of(DelegateAdapter adapter, Delegate work, object? argument)
    {
        RemoteMethod remoteMethod = RemoteMethod.Of(work, adapter);
        return remoteMethod.HasValues ? new CallPayload(remoteMethod, work, argument) : remoteMethod.SharedPayload;
    }

    /// <summary>Serializes the captured values and the argument, and keeps the bytes.</summary>
    /// <exception cref="WorkSerializationException">A value cannot be serialized.</exception>
    internal void Serialize(PayloadWriter writer)
    {
        RemoteMethod.Method.WriteValues(writer, _work!);
        try
        {
            RemoteMethod.Adapter.WriteArgument(writer, _argument);
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

    /// <summary>Takes over the bytes that a writer holds.</summary>
    internal unsafe void Take(PayloadWriter writer)
    {
        Length = writer.Length;
        if (!writer.IsInline)
            _block = (nint)writer.DetachBlock();
        else if (Length > 0)
            Bytes = new ReadOnlySpan<byte>(writer.Start, (int)Length).ToArray();
    }

    /// <summary>Frees the block. Only the first of several calls frees it.</summary>
    internal unsafe void Free(IPayloadMemory memory)
    {
        // Read before the exchange, so that a payload that many calls share is not written to.
        if (Volatile.Read(ref _block) == 0)
            return;

        nint block = Interlocked.Exchange(ref _block, 0);
        if (block != 0)
            memory.Free((byte*)block);
    }
}

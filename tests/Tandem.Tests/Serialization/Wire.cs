using System.Runtime.InteropServices;
using Tandem.Serialization;

namespace Tandem.Tests.Serialization;

/// <summary>Payload memory that counts what is not given back.</summary>
internal sealed unsafe class NativePayloadMemory : IPayloadMemory
{
    internal int Outstanding { get; private set; }

    public byte* Allocate(nint size, out nint actual)
    {
        actual = size;
        Outstanding++;
        return (byte*)NativeMemory.Alloc((nuint)size);
    }

    public void Free(byte* block)
    {
        Outstanding--;
        NativeMemory.Free(block);
    }
}

/// <summary>Sends values through a payload and back.</summary>
internal static unsafe class Wire
{
    internal static T RoundTrip<T>(T value, ICallLinks? links = null) => Read<T>(Write(value, links), links);

    internal static byte[] Write<T>(T value, ICallLinks? links = null)
    {
        var memory = new NativePayloadMemory();
        byte[] bytes;
        using (var writer = new PayloadWriter())
        {
            writer.Begin(memory, links);
            Codec<T>.Instance.Write(writer, value);
            bytes = new ReadOnlySpan<byte>(writer.Start, (int)writer.Length).ToArray();
        }

        Assert.Equal(0, memory.Outstanding);
        return bytes;
    }

    internal static T Read<T>(byte[] bytes, ICallLinks? links = null)
    {
        T value = ReadPart<T>(bytes, links, out nint left);
        Assert.Equal(0, left);
        return value;
    }

    /// <summary>Reads from a copy at the very end of a block, so that a wild read has nowhere to go unnoticed.</summary>
    internal static T ReadPart<T>(byte[] bytes, ICallLinks? links, out nint left)
    {
        var reader = new PayloadReader();
        byte* block = (byte*)NativeMemory.Alloc((nuint)Math.Max(1, bytes.Length));
        try
        {
            bytes.CopyTo(new Span<byte>(block, bytes.Length));
            reader.Begin(block, bytes.Length, links);
            T value = Codec<T>.Instance.Read(reader);
            left = reader.Remaining;
            return value;
        }
        finally
        {
            NativeMemory.Free(block);
        }
    }

    /// <summary>Memory over one array, larger than what is sent whole, and over a small one.</summary>
    internal static (Memory<int> A, Memory<int> B, ArraySegment<byte> C, ReadOnlyMemory<char> D) Slices()
    {
        int[] large = new int[5_000];
        large[10] = 7;
        return (large.AsMemory(10, 20), large.AsMemory(12, 3), new ArraySegment<byte>([1, 2, 3], 1, 2), "text".AsMemory(1));
    }

    internal static Exception Through(Exception exception)
    {
        using var writer = new PayloadWriter();
        writer.Begin(new NativePayloadMemory());
        ExceptionCodec.Write(writer, exception);
        var reader = new PayloadReader();
        reader.Begin(writer.Start, writer.Length);
        Exception read = ExceptionCodec.Read(reader);
        Assert.Equal(0, reader.Remaining);
        return read;
    }

    /// <summary>The exception for a value that must not travel.</summary>
    internal static WorkSerializationException Refused<T>(T value, ICallLinks? links = null) =>
        Assert.Throws<WorkSerializationException>(() => Write(value, links));
}

/// <summary>Links within one process.</summary>
internal sealed class TestLinks : ICallLinks
{
    internal List<CancellationToken> Tokens { get; } = [];

    internal List<object> Progresses { get; } = [];

    internal List<Delegate> Delegates { get; } = [];

    public int AddToken(CancellationToken token)
    {
        Tokens.Add(token);
        return Tokens.Count - 1;
    }

    public CancellationToken GetToken(int number) =>
        number < Tokens.Count ? Tokens[number] : throw new PayloadCorruptException("no such token");

    public int AddProgress<T>(IProgress<T> progress)
    {
        Progresses.Add(progress);
        return Progresses.Count - 1;
    }

    public IProgress<T> GetProgress<T>(int number) =>
        number < Progresses.Count && Progresses[number] is IProgress<T> progress
            ? new Relay<T>(progress) : throw new PayloadCorruptException("no such progress");

    public void WriteDelegate(PayloadWriter writer, Delegate value)
    {
        Delegates.Add(value);
        writer.Write(Delegates.Count - 1);
        Codec<object?>.Instance.Write(writer, value.Target is Refers ? value.Target : null);
    }

    public Delegate ReadDelegate(PayloadReader reader, Type delegateType)
    {
        int number = reader.Read<int>();
        Codec<object?>.Instance.Read(reader);
        return (uint)number < (uint)Delegates.Count && delegateType.IsInstanceOfType(Delegates[number])
            ? Delegates[number] : throw new PayloadCorruptException("no such delegate");
    }

    public void Hold(ILinkedMemory memory, object value)
    {
    }

    public void Received(ILinkedMemory memory)
    {
    }

    internal sealed class Relay<T>(IProgress<T> target) : Progress<T>
    {
        protected override void OnReport(T value) => target.Report(value);
    }

    /// <summary>A target that travels with its delegate.</summary>
    internal sealed class Refers
    {
        public Action? Back { get; set; }

        public void Run()
        {
        }
    }
}

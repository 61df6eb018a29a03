using System.Runtime.CompilerServices;
using Tandem.Serialization;

namespace Tandem.Invocation;

/// <summary>
/// A method, the delegate adapter that calls it, and a number. A worker gets the definition once, and afterwards only the number.
/// </summary>
internal sealed class RemoteMethod
{
    private static int s_lastNumber; // the last number that was used

    /// <summary>
    /// The last work that this thread called, if it was a lambda without captured variables. The compiler creates one instance of such a
    /// lambda, and it refers to nothing that this field would keep alive.
    /// </summary>
    [ThreadStatic]
    private static Delegate? t_lastWork;

    [ThreadStatic]
    private static RemoteMethod? t_last; // the remote method of t_lastWork

    private byte[]? _definition; // serialized on first use
    private AnswerPolicy? _answer; // see Answer

    internal RemoteMethod(WorkMethod method, DelegateAdapter adapter)
        : this(Interlocked.Increment(ref s_lastNumber), method, adapter)
    {
    }

    private RemoteMethod(int number, WorkMethod method, DelegateAdapter adapter)
    {
        Number = number;
        Method = method;
        Adapter = adapter;
        HasValues = method.HasValues || adapter.TakesArgument;
        SharedPayload = new CallPayload(this);
    }

    /// <summary>The number: unique in the parent process, from 1.</summary>
    internal int Number { get; }

    internal WorkMethod Method { get; }

    internal DelegateAdapter Adapter { get; }

    /// <summary>Decides what the results of calls may contain. Both processes have the same policy.</summary>
    internal AnswerPolicy Answer => _answer ??= new AnswerPolicy(Adapter.ResultType, () => Method.Assemblies);

    /// <summary>Whether each call carries captured values or an argument.</summary>
    internal bool HasValues { get; }

    /// <summary>The payload of a call without values. All such calls share it.</summary>
    internal CallPayload SharedPayload { get; }

    /// <summary>Returns the remote method for a delegate.</summary>
    /// <exception cref="WorkSerializationException">The delegate cannot be serialized.</exception>
    internal static RemoteMethod Of(Delegate work, DelegateAdapter adapter)
    {
        if (ReferenceEquals(t_lastWork, work) && ReferenceEquals(t_last!.Adapter, adapter))
            return t_last;

        WorkMethod method = WorkMethod.Of(work);
        RemoteMethod remoteMethod = method.RemoteMethodFor(adapter);
        // Serialized here, so that an error is thrown to the caller and not on the thread that sends the definition.
        _ = remoteMethod.Definition;
        if (method.HoldsNothing)
        {
            t_last = remoteMethod;
            t_lastWork = work;
        }

        return remoteMethod;
    }

    /// <summary>The body of the frame that defines the method to a worker.</summary>
    internal unsafe ReadOnlySpan<byte> Definition
    {
        get
        {
            if (_definition is null)
            {
                using var writer = new PayloadWriter();
                writer.Begin(HeapMemory.Instance);
                writer.Write(Number);
                TypeNames.Write(writer, Adapter.GetType());
                Method.WriteDefinition(writer);
                _definition = new ReadOnlySpan<byte>(writer.Start, (int)writer.Length).ToArray();
            }

            return _definition;
        }
    }

    /// <summary>In a worker: deserializes a definition.</summary>
    internal static unsafe RemoteMethod ReadDefinition(ReadOnlySpan<byte> definition)
    {
        fixed (byte* start = definition)
        {
            var reader = new PayloadReader();
            reader.Begin(start, definition.Length);
            return ReadDefinition(reader);
        }
    }

    /// <inheritdoc cref="ReadDefinition(ReadOnlySpan{byte})"/>
    internal static RemoteMethod ReadDefinition(PayloadReader reader)
    {
        int number = reader.ReadInt32();
        Type adapter = TypeNames.Read(reader);
        if (!adapter.IsSubclassOf(typeof(DelegateAdapter)))
            throw new PayloadCorruptException($"{adapter} is not a delegate adapter");

        return new RemoteMethod(number, WorkMethod.ReadDefinition(reader), (DelegateAdapter)RuntimeHelpers.GetUninitializedObject(adapter));
    }
}

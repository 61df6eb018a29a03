using System.Runtime.CompilerServices;
using Tandem.Serialization;

namespace Tandem.Shipping;

/// <summary>
/// A method, the delegate adapter that calls it, and a number. A worker gets the definition once, and afterwards only the number.
/// </summary>
internal sealed class Callable
{
    private static int s_lastNumber; // the last number that was used

    /// <summary>
    /// The last work that this thread called, if it was a lambda without captured variables. The compiler creates one instance of such a
    /// lambda, and it refers to nothing that this field would keep alive.
    /// </summary>
    [ThreadStatic]
    private static Delegate? t_lastWork;

    [ThreadStatic]
    private static Callable? t_last; // the remote method of t_lastWork

    private byte[]? _definition; // serialized on first use

    internal Callable(WorkMethod method, Form form)
        : this(Interlocked.Increment(ref s_lastNumber), method, form)
    {
    }

    private Callable(int number, WorkMethod method, Form form)
    {
        Number = number;
        Method = method;
        Form = form;
        HasValues = method.HasValues || form.TakesArgument;
        Alone = new Shipment(this);
    }

    /// <summary>The number: unique in the parent process, from 1.</summary>
    internal int Number { get; }

    internal WorkMethod Method { get; }

    internal Form Form { get; }

    /// <summary>Whether each call carries captured values or an argument.</summary>
    internal bool HasValues { get; }

    /// <summary>The payload of a call without values. All such calls share it.</summary>
    internal Shipment Alone { get; }

    /// <summary>Returns the remote method for a delegate.</summary>
    /// <exception cref="WorkSerializationException">The delegate cannot be serialized.</exception>
    internal static Callable Of(Delegate work, Form form)
    {
        if (ReferenceEquals(t_lastWork, work) && ReferenceEquals(t_last!.Form, form))
            return t_last;

        WorkMethod method = WorkMethod.Of(work);
        Callable callable = method.In(form);
        // Serialized here, so that an error is thrown to the caller and not on the thread that sends the definition.
        _ = callable.Definition;
        if (method.HoldsNothing)
        {
            t_last = callable;
            t_lastWork = work;
        }

        return callable;
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
                TypeNames.Write(writer, Form.GetType());
                Method.WriteDefinition(writer);
                _definition = new ReadOnlySpan<byte>(writer.Start, (int)writer.Length).ToArray();
            }

            return _definition;
        }
    }

    /// <summary>In a worker: deserializes a definition.</summary>
    internal static unsafe Callable ReadDefinition(ReadOnlySpan<byte> definition)
    {
        fixed (byte* start = definition)
        {
            var reader = new PayloadReader();
            reader.Begin(start, definition.Length);
            return ReadDefinition(reader);
        }
    }

    /// <inheritdoc cref="ReadDefinition(ReadOnlySpan{byte})"/>
    internal static Callable ReadDefinition(PayloadReader reader)
    {
        int number = reader.ReadInt32();
        Type form = TypeNames.Read(reader);
        if (!form.IsSubclassOf(typeof(Form)))
            throw new PayloadCorruptException($"{form} is no form of a call");

        return new Callable(number, WorkMethod.ReadDefinition(reader), (Form)RuntimeHelpers.GetUninitializedObject(form));
    }
}

using System.Runtime.CompilerServices;
using Tandem.Serialization;

namespace Tandem.Shipping;

/// <summary>A method and the form in which it is called, with a number: a worker is told the definition once, and then the number.</summary>
internal sealed class Callable
{
    private static int s_lastNumber;

    /// <summary>
    /// What this thread called last, when it was a lambda without captured variables: those are one object each, made once, and hold
    /// nothing that this field would keep alive.
    /// </summary>
    [ThreadStatic]
    private static Delegate? t_lastWork;

    [ThreadStatic]
    private static Callable? t_last;

    private byte[]? _definition;

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

    /// <summary>Unique in the parent process, from 1.</summary>
    internal int Number { get; }

    internal WorkMethod Method { get; }

    internal Form Form { get; }

    /// <summary>Whether each call carries captured values or an argument.</summary>
    internal bool HasValues { get; }

    /// <summary>What travels for a call without values.</summary>
    internal Shipment Alone { get; }

    /// <summary>The callable for a delegate.</summary>
    /// <exception cref="WorkSerializationException">The delegate cannot travel.</exception>
    internal static Callable Of(Delegate work, Form form)
    {
        if (ReferenceEquals(t_lastWork, work) && ReferenceEquals(t_last!.Form, form))
            return t_last;

        WorkMethod method = WorkMethod.Of(work);
        Callable callable = method.In(form);
        _ = callable.Definition; // what cannot be told to a worker is the caller's error, not one of the thread that tells it
        if (method.HoldsNothing)
        {
            t_last = callable;
            t_lastWork = work;
        }

        return callable;
    }

    /// <summary>The body of the frame that defines it.</summary>
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

    /// <summary>In a worker: reads a definition.</summary>
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

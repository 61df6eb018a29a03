using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Tandem.Serialization;

/// <summary>What arrived of an exception, to be put together again.</summary>
internal sealed class ExceptionParts(
    Type? type, string name, string? message, string? ownMessage, string? stackTrace, int result, Exception[] inner)
{
    /// <summary>The exception's type, if it is known here.</summary>
    internal Type? Type { get; } = type;

    /// <summary>The fields that the type adds to <see cref="Exception"/>.</summary>
    internal FieldPlan? Plan { get; set; }

    /// <summary>Whether each field of <see cref="Plan"/> travelled, and its value.</summary>
    internal (bool Present, object? Value)[] Values { get; set; } = [];

    /// <summary>The entries of <see cref="Exception.Data"/>.</summary>
    internal Dictionary<object, object?>? Data { get; set; }

    /// <summary>
    /// The exception as its own type if its message comes out the same, else a <see cref="RemoteWorkException"/>; never anything
    /// but a <paramref name="declared"/>.
    /// </summary>
    internal Exception Rebuild(Type declared)
    {
        Exception? rebuilt = RebuildAsItself();
        if (rebuilt is null && declared == typeof(Exception))
            rebuilt = new RemoteWorkException(name, message ?? "", stackTrace ?? "", JoinInner());

        // A variable of the exact type can hold no substitute, and the fields are better than nothing.
        if (rebuilt is null && Type is not null && declared.IsAssignableFrom(Type))
            rebuilt = TryComplete(RuntimeHelpers.GetUninitializedObject, anyMessage: true);

        if (rebuilt is null)
            throw new PayloadCorruptException($"a {name} where a {TypeChecks.Display(declared)} is due");

        rebuilt.HResult = result;
        Finish(rebuilt);
        return rebuilt;
    }

    private Exception? RebuildAsItself()
    {
        if (Type is null)
            return null;

        // Ours have no public constructors, and no invariants that their fields do not carry.
        if (Type.Assembly == typeof(ExceptionParts).Assembly && Type != typeof(RemoteWorkException))
            return TryComplete(RuntimeHelpers.GetUninitializedObject);

        foreach (ExceptionConstructor constructor in ExceptionConstructor.Of(Type))
        {
            if (TryComplete(_ => constructor.Invoke(ownMessage ?? message, inner)) is { } rebuilt)
                return rebuilt;
        }

        return null;
    }

    /// <summary>Makes the exception and restores what its constructor did not; null when the result is not the same exception.</summary>
    private Exception? TryComplete(Func<Type, object> make, bool anyMessage = false)
    {
        try
        {
            var exception = (Exception)make(Type!);
            return Complete(exception) || anyMessage ? exception : null;
        }
        catch (Exception)
        {
            // The constructor threw, or the message.
            return null;
        }
    }

    private bool Complete(Exception exception)
    {
        for (int i = 0; i < Values.Length; i++)
        {
            if (Values[i].Present)
                Plan!.SetValue(exception, i, Values[i].Value);
        }

        ExceptionFields.SetMessage(exception, ownMessage);
        if (exception is AggregateException aggregate)
        {
            if (aggregate.InnerExceptions.Count != inner.Length)
                return false;
        }
        else if (inner.Length > 0 && !ReferenceEquals(exception.InnerException, inner[0]))
        {
            ExceptionFields.SetInner(exception, inner[0]);
        }

        return exception.Message == message;
    }

    private void Finish(Exception exception)
    {
        try
        {
            if (Data is not null)
            {
                foreach ((object key, object? value) in Data)
                    exception.Data[key] = value;
            }

            if (!string.IsNullOrEmpty(stackTrace))
                ExceptionDispatchInfo.SetRemoteStackTrace(exception, stackTrace);
        }
        catch (Exception)
        {
            // A type with its own idea of Data or of where it was thrown: the exception itself is what counts.
        }
    }

    private Exception? JoinInner() => inner.Length switch
    {
        0 => null,
        1 => inner[0],
        _ => new AggregateException(inner),
    };
}

/// <summary>
/// The private fields of <see cref="Exception"/> that no constructor sets as they were. Without them messages are compared all the
/// same.
/// </summary>
internal static class ExceptionFields
{
    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.NonPublic;

    private static readonly FieldInfo? Message = typeof(Exception).GetField("_message", Own);
    private static readonly FieldInfo? Inner = typeof(Exception).GetField("_innerException", Own);

    /// <summary>The message that was given to the exception; <see cref="Exception.Message"/> may add to it.</summary>
    internal static string? MessageOf(Exception exception) => (string?)Message?.GetValue(exception);

    internal static void SetMessage(Exception exception, string? message) => Message?.SetValue(exception, message);

    internal static void SetInner(Exception exception, Exception inner) => Inner?.SetValue(exception, inner);
}

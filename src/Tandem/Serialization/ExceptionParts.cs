using System.Collections;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Tandem.Serialization;

/// <summary>The received parts of an exception, and the code that rebuilds it.</summary>
/// <param name="types">The type and its base types; null for types that are unknown here.</param>
/// <param name="early">An object of the type on which nothing is set; null if there can be none.</param>
/// <param name="name">The name of the type.</param>
internal sealed class ExceptionParts(Type?[] types, Exception? early, string name)
{
    /// <summary>The key in <see cref="Exception.Data"/> for the original type of an exception that was rebuilt as a base type.</summary>
    internal const string OriginalType = "Tandem.OriginalType";

    internal string? Message { get; init; }

    /// <summary>The message that was passed to the exception; <see cref="Exception.Message"/> may add to it.</summary>
    internal string? OwnMessage { get; init; }

    /// <summary>Whether the messages are known to differ from the original's.</summary>
    internal bool MayChangeMessage { get; init; }

    internal string? StackTrace { get; init; }

    internal string? Source { get; init; }

    internal string? HelpLink { get; init; }

    internal int Result { get; init; }

    internal CancellationToken Token { get; init; }

    internal Exception[] Inner { get; init; } = [];

    /// <summary>The fields of each type; null for a type that is unknown here.</summary>
    internal Level?[] Levels { get; } = new Level?[types.Length];

    /// <summary>The entries of <see cref="Exception.Data"/>.</summary>
    internal List<DictionaryEntry> Data { get; } = [];

    /// <summary>Creates an object of an exception's type without running a constructor; null if that is not possible.</summary>
    internal static Exception? TryMake(Type? type)
    {
        if (type is null || !typeof(Exception).IsAssignableFrom(type) || type.IsAbstract || type.ContainsGenericParameters)
            return null;

        try
        {
            return (Exception)RuntimeHelpers.GetUninitializedObject(type);
        }
        catch (Exception)
        {
            return null; // only the runtime creates objects of this type
        }
    }

    /// <summary>
    /// Rebuilds the exception as its own type, if all of its state was received, or if its message is the same without the missing state.
    /// Otherwise as the nearest base type, or as a <see cref="RemoteWorkException"/> if that is <see cref="Exception"/>. Always returns a
    /// <paramref name="declared"/>.
    /// </summary>
    internal Exception Rebuild(Type declared)
    {
        Exception rebuilt = RebuildAsItself(declared)
            ?? RebuildAsBase(declared)
            ?? (declared == typeof(Exception) ? new RemoteWorkException(name, Message ?? "", StackTrace ?? "", JoinInner()) : null)
            ?? (early is not null && declared.IsInstanceOfType(early) ? TryFill(early, 0, OwnMessage) : null) // better than nothing
            ?? throw new RebuildException($"a {name} cannot be rebuilt as {TypeChecks.WithArticle(declared)}");
        Finish(rebuilt);
        return rebuilt;
    }

    private Exception? RebuildAsItself(Type declared)
    {
        if (early is null || !declared.IsInstanceOfType(early))
            return null;

        if (IsComplete(0))
            return TryFill(early, 0, OwnMessage);

        // A constructor may set the state that was not received.
        return TryConstruct(early.GetType(), OwnMessage ?? Message) ?? IfSameMessage(TryFill(early, 0, OwnMessage));
    }

    private Exception? RebuildAsBase(Type declared)
    {
        for (int i = 1; i < types.Length; i++)
        {
            if (TryMake(types[i]) is not { } made || !declared.IsInstanceOfType(made))
                continue;

            // Keep the original message if possible; if the base type adds to it, the message is as close as possible.
            Exception? rebuilt = IsComplete(i)
                ? IfSameMessage(TryFill(made, i, OwnMessage)) ?? TryFill(made, i, Message)
                : TryConstruct(made.GetType(), OwnMessage ?? Message) ?? TryFill(made, i, Message);
            if (rebuilt is null)
                continue;

            TryAddData(rebuilt, OriginalType, name);
            return rebuilt;
        }

        return null;
    }

    /// <summary>Whether all fields were received, from a level on.</summary>
    private bool IsComplete(int level)
    {
        for (int i = level; i < Levels.Length; i++)
        {
            if (Levels[i]?.IsComplete != true)
                return false;
        }

        return true;
    }

    /// <summary>
    /// Creates the exception with its constructor and restores the remaining state; null if the result is not the same exception.
    /// </summary>
    private Exception? TryConstruct(Type type, string? message)
    {
        foreach (ExceptionConstructor constructor in ExceptionConstructor.Of(type))
        {
            try
            {
                var exception = (Exception)constructor.Invoke(message, Inner);
                SetFields(exception, 0);
                ExceptionFields.SetMessage(exception, OwnMessage);
                if (exception is AggregateException aggregate)
                {
                    if (aggregate.InnerExceptions.Count != Inner.Length)
                        continue;
                }
                else
                {
                    ExceptionFields.SetInner(exception, Inner.Length > 0 ? Inner[0] : null);
                }

                if (IfSameMessage(exception) is not null)
                    return exception;
            }
            catch (Exception)
            {
                // The constructor threw an exception.
            }
        }

        return null;
    }

    /// <summary>Sets the state of an object that was created without a constructor.</summary>
    private Exception? TryFill(Exception exception, int level, string? message)
    {
        try
        {
            ExceptionFields.Initialize(exception, message, Inner);
            SetFields(exception, level);
            return exception;
        }
        catch (Exception)
        {
            return null; // a static constructor of the type threw an exception
        }
    }

    private void SetFields(Exception exception, int level)
    {
        for (int i = level; i < Levels.Length; i++)
        {
            if (Levels[i] is { } fields && fields.Type.IsInstanceOfType(exception))
                fields.Set(exception);
        }
    }

    private Exception? IfSameMessage(Exception? exception)
    {
        try
        {
            return exception is not null && (MayChangeMessage || exception.Message == Message) ? exception : null;
        }
        catch (Exception)
        {
            return null;
        }
    }

    private void Finish(Exception exception)
    {
        exception.HResult = Result;
        ExceptionFields.SetSource(exception, Source);
        ExceptionFields.SetHelpLink(exception, HelpLink);
        if (exception is OperationCanceledException canceled)
            ExceptionFields.SetToken(canceled, Token);

        foreach (DictionaryEntry entry in Data)
            TryAddData(exception, entry.Key, entry.Value);

        try
        {
            if (!string.IsNullOrEmpty(StackTrace))
            {
                bool isItself = exception is RemoteWorkException || (types.Length > 0 && exception.GetType() == types[0]);
                string head = isItself
                    ? ""
                    : $"   (It was thrown as {name}, which cannot be rebuilt in this process.){Environment.NewLine}";
                ExceptionDispatchInfo.SetRemoteStackTrace(exception, head + StackTrace);
            }
        }
        catch (Exception)
        {
            // The type has its own implementation of StackTrace: the exception itself matters more.
        }
    }

    private static void TryAddData(Exception exception, object key, object? value)
    {
        try
        {
            exception.Data[key] = value;
        }
        catch (Exception)
        {
            // The type has its own implementation of Data, or the key cannot be compared.
        }
    }

    private Exception? JoinInner() => Inner.Length switch
    {
        0 => null,
        1 => Inner[0],
        _ => new AggregateException(Inner),
    };

    /// <summary>The fields that one type declares, and their received values.</summary>
    internal sealed class Level(Type type, ExceptionLevel.Field[] fields, (bool Present, object? Value)[] values)
    {
        internal Type Type { get; } = type;

        internal bool IsComplete
        {
            get
            {
                for (int i = 0; i < values.Length; i++)
                {
                    if (!values[i].Present && !fields[i].MayBeMissing)
                        return false;
                }

                return true;
            }
        }

        internal void Set(Exception exception)
        {
            for (int i = 0; i < fields.Length; i++)
            {
                if (values[i].Present)
                    fields[i].Set(exception, values[i].Value);
            }
        }
    }
}

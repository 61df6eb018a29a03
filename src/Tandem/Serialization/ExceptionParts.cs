using System.Collections;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Tandem.Serialization;

/// <summary>What arrived of an exception, to be put together again.</summary>
/// <param name="types">Its type, and the base types of that; null for those that are not known here.</param>
/// <param name="early">An object of its type, of which nothing is set; null when there can be none.</param>
/// <param name="name">Its type's name.</param>
internal sealed class ExceptionParts(Type?[] types, Exception? early, string name)
{
    /// <summary>Where <see cref="Exception.Data"/> says of which type an exception was that arrives as a base type.</summary>
    internal const string OriginalType = "Tandem.OriginalType";

    internal string? Message { get; init; }

    /// <summary>The message that was given to the exception; <see cref="Exception.Message"/> may add to it.</summary>
    internal string? OwnMessage { get; init; }

    /// <summary>Whether the messages are known to differ from the original's.</summary>
    internal bool MayChangeMessage { get; init; }

    internal string? StackTrace { get; init; }

    internal string? Source { get; init; }

    internal string? HelpLink { get; init; }

    internal int Result { get; init; }

    internal CancellationToken Token { get; init; }

    internal Exception[] Inner { get; init; } = [];

    /// <summary>The fields that each of the types adds; null for a type that is not known here.</summary>
    internal Level?[] Levels { get; } = new Level?[types.Length];

    /// <summary>The entries of <see cref="Exception.Data"/>.</summary>
    internal List<DictionaryEntry> Data { get; } = [];

    /// <summary>An object of an exception's type, without running a constructor; null when there can be none.</summary>
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
            return null; // a type that only the runtime makes objects of
        }
    }

    /// <summary>
    /// The exception as its own type, if all of its state is here or its message comes out the same without; else as the nearest base
    /// type; a <see cref="RemoteWorkException"/> when there is none but <see cref="Exception"/>. Never anything but a
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

        // What did not travel may have a value that a constructor gives it.
        return TryConstruct(early.GetType(), OwnMessage ?? Message) ?? IfSameMessage(TryFill(early, 0, OwnMessage));
    }

    private Exception? RebuildAsBase(Type declared)
    {
        for (int i = 1; i < types.Length; i++)
        {
            if (TryMake(types[i]) is not { } made || !declared.IsInstanceOfType(made))
                continue;

            // Its message as it was; where the base type adds to it, as near as can be.
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

    /// <summary>Whether all fields travelled from a level on.</summary>
    private bool IsComplete(int level)
    {
        for (int i = level; i < Levels.Length; i++)
        {
            if (Levels[i]?.IsComplete != true)
                return false;
        }

        return true;
    }

    /// <summary>Makes the exception by its constructor and restores what that did not; null when the result is not the same exception.</summary>
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
                // The constructor threw.
            }
        }

        return null;
    }

    /// <summary>Fills an object that no constructor has seen.</summary>
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
            return null; // a static constructor of its type threw
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
                string head = isItself ? "" : $"   (It was thrown as {name}, which cannot be rebuilt in this process.){Environment.NewLine}";
                ExceptionDispatchInfo.SetRemoteStackTrace(exception, head + StackTrace);
            }
        }
        catch (Exception)
        {
            // A type with its own idea of where it was thrown: the exception itself is what counts.
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
            // A type with its own idea of Data, or a key that cannot be compared.
        }
    }

    private Exception? JoinInner() => Inner.Length switch
    {
        0 => null,
        1 => Inner[0],
        _ => new AggregateException(Inner),
    };

    /// <summary>The fields of one of the types, and what arrived of them.</summary>
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

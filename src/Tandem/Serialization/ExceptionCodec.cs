using System.Collections;
using System.Runtime.CompilerServices;

namespace Tandem.Serialization;

/// <summary>
/// Exceptions: type, messages, stack trace, inner exceptions, and the part of their own state that can be serialized. Writing never
/// fails, whatever their members do.
/// </summary>
internal static class ExceptionCodec
{
    /// <summary>In characters, for each message and for all messages of a tree of exceptions.</summary>
    private const int MaximumMessage = 1024 * 1024;
    private const int MaximumText = 4 * 1024 * 1024;
    private const int MaximumStackTrace = 256 * 1024;
    private const int MaximumDepth = 100;

    /// <summary>In characters, for all stack traces of a tree of exceptions.</summary>
    private const int MaximumStackTraces = 16 * 1024 * 1024;

    /// <summary>The maximum number of exceptions in a tree of aggregate exceptions. A limit for payloads, not for programs.</summary>
    private const int MaximumCount = 100_000;

    private const int MaximumLevels = 100;

    /// <summary>The minimum size of an inner exception: the number of one that was written before.</summary>
    private const int MinimumSize = 1 + sizeof(int);

    private const byte New = 0;
    private const byte Seen = 1;

    // Calls do not use these numbers for tokens.
    private const int NoToken = int.MinValue;
    private const int CancelledToken = int.MinValue + 1;

    /// <summary>Writes an exception that is not null and has no number yet.</summary>
    internal static void Write(PayloadWriter writer, Exception exception)
    {
        writer.References.Add(exception);
        WriteContents(writer, exception);
    }

    /// <summary>Writes an exception that already has a number.</summary>
    internal static void WriteContents(PayloadWriter writer, Exception exception)
    {
        nint start = writer.Length;
        ReferenceTable.State mark = writer.References.Mark();
        AnswerPolicy? answer = writer.Answer;
        writer.Answer = answer?.ForErrors;
        try
        {
            WriteContents(writer, exception, 1, new Budget());
        }
        catch (Exception e)
        {
            writer.Truncate(start);
            writer.References.Restore(mark);
            WriteNothingOf(writer, exception, e);
        }

        writer.Answer = answer;
    }

    /// <summary>Reads an exception. Each call creates a new object.</summary>
    internal static Exception Read(PayloadReader reader) => Read(reader, typeof(Exception));

    /// <summary>Reads an exception for a variable that can only hold a <paramref name="declared"/>.</summary>
    internal static Exception Read(PayloadReader reader, Type declared)
    {
        AnswerPolicy? answer = reader.Answer;
        reader.Answer = answer?.ForErrors;
        try
        {
            return Read(reader, declared, 1);
        }
        finally
        {
            reader.Answer = answer;
        }
    }

    private static void WriteContents(PayloadWriter writer, Exception e, int depth, Budget budget)
    {
        var remote = e as RemoteWorkException;
        Type[] levels = remote is null ? LevelsOf(e.GetType()) : [];
        writer.Write(levels.Length);
        bool[] known = new bool[levels.Length];
        for (int i = 0; i < levels.Length; i++)
            known[i] = TryWriteType(writer, levels[i]);

        WriteText(writer, remote?.OriginalType ?? NameOf(e));
        Exception[] inner = InnerOf(e, depth, budget, out string? leftOut);
        WriteMessages(writer, e, budget, leftOut);
        string? stackTrace = Cap(
            remote is null ? StackTraceOf(e) : e.StackTrace ?? remote.RemoteStackTrace, Math.Min(MaximumStackTrace, budget.StackTraces));
        budget.StackTraces -= Math.Min(stackTrace?.Length ?? 0, budget.StackTraces);
        WriteText(writer, stackTrace);
        WriteText(writer, Cap(Ask(static e => e.Source, e), MaximumStackTrace));
        WriteText(writer, Cap(Ask(static e => e.HelpLink, e), MaximumStackTrace));
        writer.Write(e.HResult);
        WriteToken(writer, e);
        writer.Write(inner.Length);
        foreach (Exception one in inner)
            WriteInner(writer, one, depth + 1, budget);

        for (int i = 0; i < levels.Length; i++)
            WriteLevel(writer, e, known[i] ? ExceptionLevel.Of(levels[i]).Fields : []);

        WriteData(writer, e);
    }

    /// <summary>Writes a placeholder for an exception that could not be written.</summary>
    private static void WriteNothingOf(PayloadWriter writer, Exception exception, Exception error)
    {
        writer.Write(0);
        WriteText(writer, NameOf(exception));
        WriteText(writer, $"(its parts could not be sent: {error.GetType().Name})");
        writer.Write((byte)MessageTraits.None);
        for (int i = 0; i < 4; i++)
            WriteText(writer, null);

        writer.Write(exception.HResult);
        writer.Write(NoToken);
        writer.Write(0);
        writer.Write(0);
    }

    private static void WriteInner(PayloadWriter writer, Exception e, int depth, Budget budget)
    {
        int known = writer.References.Find(e);
        writer.Write(known >= 0 ? Seen : New);
        if (known >= 0)
        {
            writer.Write(known);
            return;
        }

        writer.References.Add(e);
        WriteContents(writer, e, depth, budget);
    }

    /// <summary>
    /// Returns the type and its base types, up to but excluding <see cref="Exception"/>, unless the type is Exception itself.
    /// </summary>
    private static Type[] LevelsOf(Type type)
    {
        var levels = new List<Type> { type };
        Type? level = type == typeof(Exception) ? null : type.BaseType;
        for (; level is not null && level != typeof(Exception) && levels.Count < MaximumLevels; level = level.BaseType)
            levels.Add(level);

        return [.. levels];
    }

    private static bool TryWriteType(PayloadWriter writer, Type type)
    {
        nint start = writer.Length;
        ReferenceTable.State mark = writer.References.Mark();
        writer.Write((byte)1);
        if (TypeNames.TryWrite(writer, type))
            return true;

        writer.Truncate(start);
        writer.References.Restore(mark);
        writer.Write((byte)0);
        return false;
    }

    /// <summary>Returns the inner exceptions that are serialized, and a text about those that are not.</summary>
    private static Exception[] InnerOf(Exception e, int depth, Budget budget, out string? leftOut)
    {
        leftOut = null;
        var aggregate = e as AggregateException;
        int all = aggregate?.InnerExceptions.Count ?? (e.InnerException is null ? 0 : 1);
        int count = depth < MaximumDepth && RuntimeHelpers.TryEnsureSufficientExecutionStack() ? Math.Min(all, budget.Exceptions) : 0;
        budget.Exceptions -= count;
        if (count < all)
            leftOut = $" (Only {count} of its {all} inner exceptions came along.)";

        var inner = new Exception[count];
        for (int i = 0; i < count; i++)
            inner[i] = aggregate is null ? e.InnerException! : aggregate.InnerExceptions[i];

        return inner;
    }

    private static void WriteMessages(PayloadWriter writer, Exception e, Budget budget, string? leftOut)
    {
        string? message = MessageOf(e);
        string? own = e is RemoteWorkException ? null : ExceptionFields.MessageOf(e);
        var traits = MessageTraits.None;
        if (ReferenceEquals(message, own))
            traits |= MessageTraits.Same;

        int limit = Math.Min(MaximumMessage, budget.Characters);
        if (leftOut is not null || own?.Length > limit)
            traits |= MessageTraits.Changed;

        own = own is null && leftOut is null ? null : Cap(own ?? message, limit) + leftOut;
        budget.Characters -= own?.Length ?? 0;
        limit = Math.Min(MaximumMessage, Math.Max(1000, budget.Characters));
        if (message?.Length > limit)
            traits |= MessageTraits.Changed;

        WriteText(writer, (traits & MessageTraits.Same) != 0 ? null : Cap(message, limit) + leftOut);
        writer.Write((byte)traits);
        WriteText(writer, own);
        if ((traits & MessageTraits.Same) == 0)
            budget.Characters -= Math.Min(limit, message?.Length ?? 0);
    }

    private static void WriteToken(PayloadWriter writer, Exception e)
    {
        if (e is not OperationCanceledException { CancellationToken: { CanBeCanceled: true } token })
            writer.Write(NoToken);
        else if (writer.Links?.FindToken(token) is { } number)
            writer.Write(number);
        else
            writer.Write(token.IsCancellationRequested ? CancelledToken : NoToken);
    }

    /// <summary>Writes the fields one by one, because a field that cannot be serialized is omitted.</summary>
    private static void WriteLevel(PayloadWriter writer, Exception e, ExceptionLevel.Field[] fields)
    {
        writer.Write(fields.Length);
        foreach (ExceptionLevel.Field field in fields)
            WriteOptional(writer, static (writer, s) => s.field.Codec.WriteObject(writer, s.field.Get(s.e)), (field, e));
    }

    private static void WriteData(PayloadWriter writer, Exception e)
    {
        nint start = writer.Length;
        writer.Write(0);
        int count = 0;
        try
        {
            if (e.Data is { Count: > 0 } data)
                ExceptionData.Write(writer, data, ref count, WriteOptional);
        }
        catch (Exception)
        {
            // The type has its own implementation of Data: keep the entries written so far.
        }

        writer.Patch(start, count);
    }

    /// <summary>Writes the sizes in bytes and objects, followed by the part; an empty part if it cannot be serialized.</summary>
    private static void WriteOptional<T>(PayloadWriter writer, Action<PayloadWriter, T> write, T state)
    {
        nint start = writer.Length;
        ReferenceTable.State mark = writer.References.Mark();
        writer.Write(0L);
        try
        {
            // A separate part: its deferred contents must follow here.
            ReferenceTable.Part outer = writer.References.BeginPart();
            write(writer, state);
            writer.References.EndPart(outer);
            writer.Patch(start, checked((int)(writer.Length - start - (2 * sizeof(int)))));
            writer.Patch(start + sizeof(int), writer.References.Count - mark.Count);
        }
        catch (Exception)
        {
            writer.Truncate(start);
            writer.References.Restore(mark);
            writer.Write(0L);
        }
    }

    private static void WriteText(PayloadWriter writer, string? text) => writer.WriteString(text);

    private static Exception Read(PayloadReader reader, Type declared, int depth)
    {
        if (depth > MaximumDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new PayloadCorruptException("exceptions nested too deeply");

        int number = reader.ReserveNumber();
        var types = new Type?[reader.ReadCount(1)];
        if (types.Length > MaximumLevels)
            throw new PayloadCorruptException($"an exception with {types.Length} base types");

        for (int i = 0; i < types.Length; i++)
            types[i] = reader.Read<byte>() == 0 ? null : TypeNames.ReadOrNull(reader, out _);

        // Objects inside the exception that refer to it get this object. If the exception cannot be rebuilt as its own type, there is
        // none.
        Exception? early = ExceptionParts.TryMake(types.Length > 0 ? types[0] : null);
        reader.Finish(number, (object?)early ?? PayloadReader.Lost);

        string name = reader.ReadString() ?? throw new PayloadCorruptException("an exception without a type");
        string? message = reader.ReadString();
        var traits = (MessageTraits)reader.Read<byte>();
        string? own = reader.ReadString();
        var parts = new ExceptionParts(types, early, name)
        {
            Message = (traits & MessageTraits.Same) != 0 ? own : message,
            OwnMessage = own,
            MayChangeMessage = (traits & MessageTraits.Changed) != 0,
            StackTrace = reader.ReadString(),
            Source = reader.ReadString(),
            HelpLink = reader.ReadString(),
            Result = reader.ReadInt32(),
            Token = ReadToken(reader),
            Inner = ReadInner(reader, depth),
        };
        for (int i = 0; i < types.Length; i++)
            parts.Levels[i] = ReadLevel(reader, types[i]);

        ReadData(reader, parts);
        Exception rebuilt = parts.Rebuild(declared);
        reader.Finish(number, rebuilt);
        return rebuilt;
    }

    private static CancellationToken ReadToken(PayloadReader reader)
    {
        int token = reader.ReadInt32();
        return token is NoToken or CancelledToken
            ? new CancellationToken(token == CancelledToken)
            : reader.Links?.TokenOf(token) ?? new CancellationToken(true);
    }

    private static Exception[] ReadInner(PayloadReader reader, int depth)
    {
        var inner = new Exception[reader.ReadCount(MinimumSize)];
        for (int i = 0; i < inner.Length; i++)
        {
            inner[i] = reader.Read<byte>() switch
            {
                New => Read(reader, typeof(Exception), depth + 1),
                Seen => reader.ObjectAt(reader.ReadInt32()) as Exception ?? throw new PayloadCorruptException(
                    "an inner exception that is not an exception"),
                byte kind => throw new PayloadCorruptException($"an inner exception of kind {kind}"),
            };
        }

        return inner;
    }

    /// <summary>Reads the fields that a type declares; null for a type that is unknown here, whose fields are skipped.</summary>
    private static ExceptionParts.Level? ReadLevel(PayloadReader reader, Type? type)
    {
        int count = reader.ReadCount(2 * sizeof(int));
        ExceptionLevel.Field[] fields = type is null || !typeof(Exception).IsAssignableFrom(type) || type.ContainsGenericParameters
            ? []
            : ExceptionLevel.Of(type).Fields;
        if (fields.Length != count && (type is null || count == 0))
            fields = [];
        else if (fields.Length != count)
            throw new PayloadCorruptException($"{count} fields of {TypeChecks.Display(type!)}");

        var values = new (bool Present, object? Value)[count];
        for (int i = 0; i < count; i++)
        {
            Codec? codec = fields.Length > 0 ? fields[i].Codec : null;
            values[i] = ReadOptional(reader, static (reader, codec) => codec.ReadObject(reader), codec);
        }

        return type is null ? null : new ExceptionParts.Level(type, fields, values);
    }

    private static void ReadData(PayloadReader reader, ExceptionParts parts)
    {
        int count = reader.ReadCount(2 * sizeof(int));
        for (int i = 0; i < count; i++)
        {
            (bool present, object? entry) = ReadOptional(
                reader,
                static (reader, _) => ExceptionData.Read(reader),
                parts);
            if (present)
                parts.Data.Add((DictionaryEntry)entry!);
        }
    }

    /// <summary>Reads a part that <see cref="WriteOptional"/> wrote, or skips it if it cannot be read.</summary>
    private static (bool Present, object? Value) ReadOptional<T>(PayloadReader reader, Func<PayloadReader, T, object?> read, T? state)
        where T : class
    {
        int size = reader.ReadInt32();
        int objects = reader.ReadInt32();
        if (size < 0 || size > reader.Remaining || objects < 0 || objects > size)
            throw new PayloadCorruptException($"a part of an exception of {size} bytes, {objects} objects");

        if (size == 0)
            return (false, null);

        nint end = reader.Position + size;
        int first = reader.Objects.Count;
        (bool Present, object? Value) result = default;
        if (state is not null)
        {
            PayloadReader.Part outer = reader.BeginPart();
            try
            {
                result = (true, read(reader, state));
                if (reader.Position != end)
                    throw new PayloadCorruptException("a part of an exception of another size");

                reader.EndPart(outer);
            }
            catch (Exception e) when (e is RebuildException or not PayloadCorruptException)
            {
                // User code threw an exception. The received exception matters more than this part of it.
                result = default;
                reader.AbandonPart(outer);
            }
        }

        if (!result.Present)
        {
            reader.SkipTo(end);
            reader.Lose(first, objects);
        }

        return result;
    }

    private static string NameOf(Exception e) => e.GetType().FullName ?? e.GetType().Name;

    private static string? MessageOf(Exception e)
    {
        try
        {
            return e.Message;
        }
        catch (Exception thrown)
        {
            return $"(its Message threw {thrown.GetType().Name})";
        }
    }

    private static string? StackTraceOf(Exception e)
    {
        try
        {
            return e.StackTrace;
        }
        catch (Exception thrown)
        {
            return $"   (its StackTrace threw {thrown.GetType().Name})";
        }
    }

    private static string? Ask(Func<Exception, string?> property, Exception e)
    {
        try
        {
            return property(e);
        }
        catch (Exception)
        {
            return null;
        }
    }

    private static string? Cap(string? text, int maximum) => text is null || text.Length <= maximum
        ? text
        : $"{text.AsSpan(0, Math.Max(0, maximum))}… (The text was cut: it has {text.Length} characters.)";

    /// <summary>How the messages of an exception relate to the original's.</summary>
    [Flags]
    private enum MessageTraits : byte
    {
        None = 0,

        /// <summary>The message equals the one that was passed to the exception, and is sent only once.</summary>
        Same = 1,

        /// <summary>Text was cut, or inner exceptions whose text is part of the message were omitted.</summary>
        Changed = 2,
    }

    /// <summary>The remaining limits for a tree of exceptions.</summary>
    private sealed class Budget
    {
        internal int Exceptions { get; set; } = MaximumCount;

        internal int Characters { get; set; } = MaximumText;

        internal int StackTraces { get; set; } = MaximumStackTraces;
    }
}

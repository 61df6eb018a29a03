using System.Collections;
using System.Collections.Concurrent;

namespace Tandem.Serialization;

/// <summary>
/// Exceptions: type, message, stack trace, inner exceptions, and what of their own state can travel. Writing never fails, whatever
/// their members do.
/// </summary>
internal static class ExceptionCodec
{
    private const int MaximumMessage = 64 * 1024;
    private const int MaximumStackTrace = 256 * 1024;
    private const int MaximumDepth = 16;

    /// <summary>For trees of aggregates: how many exceptions one of them takes along.</summary>
    private const int MaximumCount = 1000;

    /// <summary>Bytes that an exception takes at least: four strings, four numbers.</summary>
    private const int MinimumSize = 8 * sizeof(int);

    private static readonly ConcurrentDictionary<Type, FieldPlan> Plans = new();

    /// <summary>Writes an exception that is not null.</summary>
    internal static void Write(PayloadWriter writer, Exception exception)
    {
        nint start = writer.Length;
        (int Count, int Open, int Parts) mark = writer.References.Mark();
        int budget = MaximumCount;
        try
        {
            Write(writer, exception, 1, ref budget);
        }
        catch (Exception e)
        {
            writer.Truncate(start);
            writer.References.Restore(mark);
            writer.Write((byte)0);
            WriteParts(writer, NameOf(exception), $"(its parts could not be sent: {e.GetType().Name})", null, null, 0);
            writer.Write(0);
            WriteNoState(writer);
        }
    }

    /// <summary>Reads an exception; each read gives a new one.</summary>
    internal static Exception Read(PayloadReader reader) => Read(reader, typeof(Exception), 1);

    /// <summary>Reads an exception where a variable holds nothing but <paramref name="declared"/>.</summary>
    internal static Exception Read(PayloadReader reader, Type declared) => Read(reader, declared, 1);

    private static void Write(PayloadWriter writer, Exception e, int depth, ref int budget)
    {
        var remote = e as RemoteWorkException;
        bool typed = remote is null && TryWriteType(writer, e.GetType());
        if (!typed)
            writer.Write((byte)0);

        if (remote is null)
            WriteParts(writer, NameOf(e), MessageOf(e), ExceptionFields.MessageOf(e), StackTraceOf(e), e.HResult);
        else
            WriteParts(writer, remote.OriginalType, e.Message, null, e.StackTrace ?? remote.RemoteStackTrace, e.HResult);

        WriteInner(writer, e, depth, ref budget);
        if (typed)
            WriteState(writer, e, PlanOf(e.GetType()));
        else
            WriteNoState(writer);
    }

    private static bool TryWriteType(PayloadWriter writer, Type type)
    {
        nint start = writer.Length;
        (int Count, int Open, int Parts) mark = writer.References.Mark();
        writer.Write((byte)1);
        if (TypeNames.TryWrite(writer, type))
            return true;

        writer.Truncate(start);
        writer.References.Restore(mark);
        return false;
    }

    private static void WriteParts(
        PayloadWriter writer, string name, string? message, string? ownMessage, string? stackTrace, int result)
    {
        writer.WriteString(name);
        writer.WriteString(Cap(message, MaximumMessage));
        writer.WriteString(Cap(ownMessage, MaximumMessage));
        writer.WriteString(Cap(stackTrace, MaximumStackTrace));
        writer.Write(result);
    }

    private static void WriteInner(PayloadWriter writer, Exception e, int depth, ref int budget)
    {
        var aggregate = e as AggregateException;
        int all = aggregate?.InnerExceptions.Count ?? (e.InnerException is null ? 0 : 1);
        int count = depth < MaximumDepth ? Math.Min(all, budget) : 0;
        budget -= count;
        writer.Write(count);
        for (int i = 0; i < count; i++)
            Write(writer, aggregate is null ? e.InnerException! : aggregate.InnerExceptions[i], depth + 1, ref budget);
    }

    /// <summary>Each field for itself, since one that cannot travel is left out.</summary>
    private static void WriteState(PayloadWriter writer, Exception e, FieldPlan plan)
    {
        nint start = writer.Length;
        int objects = writer.References.Count;
        WriteNoState(writer);
        for (int i = 0; i < plan.Count; i++)
            WriteOptional(writer, e, plan, i);

        WriteOptional(writer, e, null, 0);
        nint size = writer.Length - start - (2 * sizeof(int));
        writer.Patch(start, checked((int)size));
        writer.Patch(start + sizeof(int), writer.References.Count - objects);
    }

    private static void WriteOptional(PayloadWriter writer, Exception e, FieldPlan? plan, int index)
    {
        nint start = writer.Length;
        (int Count, int Open, int Parts) mark = writer.References.Mark();
        try
        {
            writer.Write((byte)1);
            if (plan is not null)
                plan.WriteField(writer, e, index);
            else
                Codec<Dictionary<object, object?>?>.Instance.Write(writer, CopyData(e));
        }
        catch (Exception)
        {
            writer.Truncate(start);
            writer.References.Restore(mark);
            writer.Write((byte)0);
        }
    }

    /// <summary>No bytes, no objects.</summary>
    private static void WriteNoState(PayloadWriter writer) => writer.Write(0L);

    private static Exception Read(PayloadReader reader, Type declared, int depth)
    {
        if (depth > MaximumDepth)
            throw new PayloadCorruptException("exceptions nested too deeply");

        Type? type = reader.Read<byte>() == 0 ? null : TypeNames.ReadOrNull(reader, out _);
        string name = reader.ReadString() ?? throw new PayloadCorruptException("an exception without a type");
        string? message = reader.ReadString();
        string? ownMessage = reader.ReadString();
        string? stackTrace = reader.ReadString();
        int result = reader.ReadInt32();
        var inner = new Exception[reader.ReadCount(MinimumSize)];
        for (int i = 0; i < inner.Length; i++)
            inner[i] = Read(reader, typeof(Exception), depth + 1);

        if (type is null || !typeof(Exception).IsAssignableFrom(type) || type.IsAbstract || type.ContainsGenericParameters)
            type = null;

        var parts = new ExceptionParts(type, name, message, ownMessage, stackTrace, result, inner);
        ReadState(reader, parts);
        return parts.Rebuild(declared);
    }

    private static void ReadState(PayloadReader reader, ExceptionParts parts)
    {
        int size = reader.ReadInt32();
        int objects = reader.ReadInt32();
        if (size < 0 || size > reader.Remaining || objects < 0 || objects > size)
            throw new PayloadCorruptException($"the state of an exception of {size} bytes, {objects} objects");

        if (size == 0)
            return;

        if (parts.Type is null)
        {
            SkipState(reader, size, objects);
            return;
        }

        nint end = reader.Position + size;
        FieldPlan plan = PlanOf(parts.Type);
        parts.Plan = plan;
        parts.Values = new (bool, object?)[plan.Count];
        for (int i = 0; i < plan.Count; i++)
            parts.Values[i] = reader.Read<byte>() == 0 ? (false, null) : (true, plan.ReadValue(reader, i));

        if (reader.Read<byte>() != 0)
            parts.Data = Codec<Dictionary<object, object?>?>.Instance.Read(reader);

        if (reader.Position != end)
            throw new PayloadCorruptException($"the state of a {TypeChecks.Display(parts.Type)} of another size");
    }

    private static unsafe void SkipState(PayloadReader reader, int size, int objects)
    {
        reader.Take(size);
        for (int i = 0; i < objects; i++)
            reader.ReserveNumber();
    }

    // An AggregateException's own fields hold its inner exceptions, which travel anyway.
    private static FieldPlan PlanOf(Type type) => Plans.GetOrAdd(
        type,
        static t => new FieldPlan(t, typeof(AggregateException).IsAssignableFrom(t) ? typeof(AggregateException) : typeof(Exception)));

    private static Dictionary<object, object?>? CopyData(Exception e)
    {
        IDictionary? data = e.Data;
        if (data is not { Count: > 0 })
            return null;

        var copy = new Dictionary<object, object?>();
        foreach (DictionaryEntry entry in data)
            copy.Add(entry.Key, entry.Value);

        return copy;
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

    private static string? Cap(string? text, int maximum) =>
        text is null || text.Length <= maximum ? text : string.Concat(text.AsSpan(0, maximum), "…");
}

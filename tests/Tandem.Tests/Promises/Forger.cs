using System.Collections.Concurrent;
using System.Reflection;
using Tandem.Serialization;

namespace Tandem.Tests.Promises;

/// <summary>In a worker: writes answers that the worker's own checks would refuse, as code that is not trusted could.</summary>
internal static class Forger
{
    private static int s_marks;

    /// <summary>How often code that a worker sent has run in this process.</summary>
    internal static int Marks => s_marks;

    internal static void Mark() => Interlocked.Increment(ref s_marks);

    /// <summary>A set whose comparer runs while the set is rebuilt.</summary>
    internal static HashSet<string> Set() => new(
        ["a"],
        EqualityComparer<string>.Create(
            static (a, b) => a == b,
            static a =>
            {
                Mark();
                return a.Length;
            }));

    /// <summary>Returns an object whose member is written without any check.</summary>
    internal static Forged Forge(object value)
    {
        var known = (ConcurrentDictionary<Type, Shape>)typeof(Shape).GetField("Known", BindingFlags.Static | BindingFlags.NonPublic)!.GetValue(null)!;
        known[typeof(Forged)] = new ForgedShape();
        return new Forged { Value = value };
    }

    internal sealed class Forged
    {
        internal object? Value { get; set; }
    }

    internal sealed class ForgedException(Forged forged) : Exception("forged")
    {
        internal Forged Forged { get; } = forged;
    }

    /// <summary>Writes what the reader expects of an object with one field.</summary>
    private sealed class ForgedShape() : Shape(typeof(Forged), ShapeTraits.Tracked)
    {
        internal override void Write(PayloadWriter writer, object value)
        {
            AnswerPolicy? policy = writer.Answer;
            writer.Answer = null;
            Codec<object?>.Instance.Write(writer, ((Forged)value).Value);
            writer.Answer = policy;
        }

        internal override object? Read(PayloadReader reader) => throw new NotSupportedException();
    }
}

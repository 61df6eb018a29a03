using System.Runtime.CompilerServices;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

/// <summary>Types and methods that the promises send to workers.</summary>
internal static class Samples
{
    /// <summary>A pool of threads that each process has for itself.</summary>
    internal static Lazy<WorkerPool> OwnPool { get; } = new(static () => WorkerPool.Threads(2));

    internal static string StaticMethod() => "static";

    internal static int Three() => 3;

    internal static int Four() => 4;

    internal static int ThrowDeep(int depth) => depth == 0 ? throw new InvalidOperationException("deep") : ThrowDeep(depth - 1);

    internal static async IAsyncEnumerable<int> CountAsync(int count, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        for (int i = 0; i < count; i++)
        {
            await Task.Yield();
            cancellation.ThrowIfCancellationRequested();
            yield return i;
        }
    }

    /// <summary>Texts are equal if they begin with the same letter.</summary>
    internal sealed class FirstLetter : IEqualityComparer<string>
    {
        public bool Equals(string? x, string? y) => x?[0] == y?[0];

        public int GetHashCode(string obj) => obj[0];
    }

    internal interface INamed
    {
        string Name();
    }

    internal abstract record Shape
    {
        internal abstract string Describe();
    }

    internal sealed record Circle(int Radius) : Shape
    {
        internal override string Describe() => $"circle of {Radius}";
    }

    internal sealed record Square(int Side) : Shape
    {
        internal override string Describe() => $"square of {Side}";
    }

    internal sealed record Drawing(string Name, Shape[] Shapes, Shape? Favourite);

    internal enum Colour : byte
    {
        Red,
        Green,
    }

    internal readonly record struct Point(int X, int Y);

    /// <summary>A type-safe enumeration whose values know each other.</summary>
    internal sealed class Planet
    {
        public static readonly object None = new();
        public static readonly Planet Earth = new("earth");
        public static readonly Planet Mars = new("mars");

        private readonly string _name;

        static Planet() => (Earth.Next, Mars.Next) = (Mars, Earth);

        private Planet(string name) => _name = name;

        internal Planet? Next { get; private set; }

        internal object Moon { get; private set; } = None;

        public override string ToString() => _name;
    }

    internal sealed class Node
    {
        internal int Value { get; set; }

        internal Node? Next { get; set; }
    }

    internal sealed class Counter(int start) : INamed
    {
        private int _value = start;

        internal int Next() => ++_value;

        string INamed.Name() => "explicit";
    }

    internal sealed class Generic<T>(T value)
    {
        internal static string Describe<TOther>() => $"generic {typeof(T).Name} {typeof(TOther).Name}";

        internal static Task<(string, string)> RunLambdaAsync<TOther>(WorkerPool pool, TOther first, TOther second) =>
            pool.RunAsync(() => (typeof(T).Name, $"{first}:{second}"));

        internal string Instance() => $"instance {typeof(T).Name} {value}";
    }

    internal class HolderBase
    {
        internal int Value { get; set; }

        protected virtual string Describe() => $"base of {Value}";
    }

    internal sealed class Holder : HolderBase
    {
        internal Task<int> ReadAsync(WorkerPool pool) => pool.RunAsync(() => Value);

        internal Task<int> ReadPlusAsync(WorkerPool pool, int more) => pool.RunAsync(() => Value + more);

        internal Task<int> ReadByLocalFunctionAsync(WorkerPool pool)
        {
            int Read() => Value + 1;
            return pool.RunAsync(Read);
        }

        internal Task<string> ReadByBaseAsync(WorkerPool pool) => pool.RunAsync(() => base.Describe());

        protected override string Describe() => "overridden";
    }

    /// <summary>What a worker builds once, and what becomes of it.</summary>
    internal sealed class State(Infrastructure.Trail trail) : IDisposable
    {
        private int _calls;

        internal int Process { get; } = Environment.ProcessId;

        internal int Call() => Interlocked.Increment(ref _calls);

        public void Dispose() => trail.Add(Guid.NewGuid());
    }

    internal sealed class OrderException(string message, Exception? innerException) : Exception(message, innerException);

    /// <summary>Its constructor wants what a message does not hold.</summary>
    internal sealed class CodeException(int code) : Exception($"code {code}")
    {
        internal int Code { get; } = code;
    }

    /// <summary>Holds delegates that hold it.</summary>
    internal sealed class SelfHolder
    {
        internal int Count { get; set; }

        internal Action Action { get; set; } = static () => { };

        internal Func<int> Own { get; set; } = static () => 0;

        internal int Next() => ++Count;
    }

    internal sealed class SpecialCancellation(int code) : OperationCanceledException($"code {code}")
    {
        internal int Code => code;
    }

    /// <summary>Cannot be looked up in any process but the one that it names; 0 is everywhere.</summary>
    internal sealed class PickyKey(int owner)
    {
        public override bool Equals(object? obj) => obj is PickyKey;

        public override int GetHashCode() => owner is 0 or 1 || owner == Environment.ProcessId ? 1 : throw new InvalidOperationException("picky");
    }

    /// <summary>Whether a test in this process said that it is not a worker.</summary>
    internal static class Here
    {
        internal static bool IsParent { get; set; }
    }

    /// <summary>Has a static constructor that throws in the process that has started the workers.</summary>
    internal sealed class OnlyInWorkers
    {
        private static readonly int Started = Here.IsParent ? throw new InvalidOperationException("only in workers") : 1;

        private readonly int _value = Started;

        internal int Value => _value;
    }

    internal sealed class Grumbler : IProgress<int>
    {
        public void Report(int value) => throw new NotSupportedException("no reports please");
    }

    internal sealed class StreamOwner : IDisposable
    {
        private readonly LocalMemoryStream _stream = new([1, 2, 3]);

        internal long Length() => _stream.Length;

        internal Task<long> LengthAsync(WorkerPool pool)
        {
            int extra = 0;
            return pool.RunAsync(() => _stream.Length + extra);
        }

        public void Dispose() => _stream.Dispose();
    }

    internal sealed class MuteException : Exception
    {
        public override string Message => throw new NotSupportedException("no comment");
    }

    internal sealed class Order
    {
        internal string Name { get; set; } = "";

        internal List<Line> Lines { get; } = [];
    }

    internal sealed class Line
    {
        internal object? Source { get; set; }
    }
}

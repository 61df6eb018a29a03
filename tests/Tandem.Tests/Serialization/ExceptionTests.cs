#pragma warning disable CA2201 // General exceptions are values here.
using System.Net.Sockets;

namespace Tandem.Tests.Serialization;

public class ExceptionTests
{
    public static TheoryData<Exception> OwnType => new()
    {
        new InvalidOperationException("m"), new ArgumentException("m", "p"), new ArgumentException("m"), new ArgumentNullException("p"),
        new ArgumentNullException("p", "m"), new ArgumentOutOfRangeException("p", 3, "m"), new ArgumentException(),
        new KeyNotFoundException(),
        new OperationCanceledException("m"), new TaskCanceledException("m"), new TimeoutException("m"), new FileNotFoundException("m", "f"),
        new ObjectDisposedException("o"), new ObjectDisposedException("o", "m"), new SocketException(111),
        new FormatException("m", new IOException("i")),
        new HttpRequestException("m", null, System.Net.HttpStatusCode.NotFound), new NotSupportedException(), new NotImplementedException(),
        new DivideByZeroException(),
        new System.ComponentModel.Win32Exception(2), new AggregateException("m", new IOException("a"), new FormatException("b")),
        new AggregateException(), new System.Text.Json.JsonException("m", "$.a", 1, 2),
        new TypeInitializationException("T", new IOException("i")),
        new StandardException("m"), new StandardException("m", new IOException("i")), new MessageOnlyException("m"),
        new WordyException("m") { Detail = "d" },
        new Exception("m"), new Exception("m", new Exception("i")), new SystemException("m"), new OrderRejected(7, "no stock"), new NoWayException(5, new IOException("i")), new Generic<DateTime>.NestedException(DateTime.UnixEpoch),
        ThrowingConstructorException.Make(), new ManyException("m", [new IOException("a"), new IOException("b")]),
        new TaskCanceledException("m", new TimeoutException("t")), new ThreadInterruptedException("m"), new System.Globalization.CultureNotFoundException("p", "xx", "m"),
        new System.Reflection.ReflectionTypeLoadException([typeof(int)], [new IOException("a")], "m"),
        new System.Reflection.TargetInvocationException("m", new IOException("i")), new System.Xml.XmlException("m", null, 1, 2),
        Thrown(() => System.Text.Json.JsonDocument.Parse("{")), Thrown(() => System.Text.RegularExpressions.Regex.Match("", "(")),
        Thrown(() => Enum.Parse<DayOfWeek>("x")), Thrown(() => System.Xml.Linq.XDocument.Parse("<a>")), Thrown(() => _ = new Uri("x")),
        Thrown(() => throw new BadImageFormatException("m", "f")), Thrown(() => _ = new Dictionary<int, int>()[3]),
        new WorkSerializationException("m", "a.b"),
    };

    [Theory]
    [MemberData(nameof(OwnType))]
    public void An_exception_arrives_as_its_own_type_with_its_message(Exception exception)
    {
        Exception read = Wire.Through(exception);
        Assert.Equal(exception.GetType(), read.GetType());
        Assert.Equal(exception.Message, read.Message);
        Assert.Equal(exception.HResult, read.HResult);
        Assert.Equal(exception.InnerException?.Message, read.InnerException?.Message);
        Assert.Equal(exception.InnerException?.GetType(), read.InnerException?.GetType());
        Assert.Equal(exception.Source, read.Source);
        foreach (System.Reflection.PropertyInfo property in exception.GetType().GetProperties().Where(p => p.PropertyType == typeof(string) || p.PropertyType.IsPrimitive))
        {
            if (property.Name != nameof(Exception.StackTrace))
                Assert.Equal(property.GetValue(exception), property.GetValue(read));
        }
    }

    [Fact]
    public void State_of_every_kind_survives_whatever_the_constructors_are()
    {
        var order = (OrderRejected)Wire.Through(new OrderRejected(7, "no stock") { HelpLink = "https://example.org/7", Source = "shop" });
        Assert.Equal((7, "no stock", "7: no stock"), (order.Code, order.Reason, order.Message));
        Assert.Equal(("https://example.org/7", "shop"), (order.HelpLink, order.Source));
        Assert.Equal(4, Assert.IsType<OrderRejected>(((Carrier)Wire.Through(new Carrier(new OrderRejected(4, "r")))).Carried).Code);
        Assert.NotNull(((Locking)Wire.Through(new Locking())).Text);

        var inner = new OrderRejected(1, "a");
        var twice = (Carrier)Wire.Through(new Carrier(inner, inner));
        Assert.Same(twice.InnerException, twice.Carried);
        var circle = new Carrier(null);
        circle.Carried = circle;
        circle = (Carrier)Wire.Through(circle);
        Assert.Same(circle, circle.Carried);
    }

    [Fact]
    public void What_cannot_be_rebuilt_as_itself_arrives_as_the_nearest_base_type()
    {
        Exception made = Made(typeof(OrderRejected), 7, "no stock");
        Exception thrown = Thrown(() => throw made);
        var order = Assert.IsType<OrderRejected>(Wire.Through(thrown));
        Assert.Equal(("7: no stock", 7, "no stock"), (order.Message, order.Code, order.Reason));
        Assert.Equal("D", order.Data["Tandem.OriginalType"]);
        Assert.Contains("thrown as D", order.ToString(), StringComparison.Ordinal);
        Assert.Contains(nameof(What_cannot_be_rebuilt_as_itself_arrives_as_the_nearest_base_type), order.StackTrace, StringComparison.Ordinal);

        var argument = Assert.IsType<ArgumentException>(Wire.Through(Made(typeof(ArgumentException), "m", "p")));
        Assert.Equal(("m (Parameter 'p')", "p"), (argument.Message, argument.ParamName));
        Assert.IsType<TaskCanceledException>(Wire.Through(Made(typeof(TaskCanceledException), "m")));
        Assert.Equal(2, Assert.IsType<AggregateException>(Wire.Through(Made(
            typeof(AggregateException), "m", new Exception[] { new IOException("a"), new IOException("b") }))).InnerExceptions.Count);
        Assert.Equal("n", Assert.IsType<IOException>(Wire.Through(new Unsendable(Stream.Null))).Message);
    }

    [Fact]
    public void Large_exceptions_keep_their_type_and_say_what_is_missing()
    {
        var several = new AggregateException("several", Enumerable.Range(0, 5000).Select(i => new FormatException($"{i}")));
        AggregateException all = Assert.IsType<AggregateException>(Wire.Through(several));
        Assert.Equal(several.InnerExceptions.Select(inner => inner.Message), all.InnerExceptions.Select(inner => inner.Message));
        Assert.Equal(several.Message, all.Message);

        var same = new FormatException("same");
        var many = new AggregateException("many", Enumerable.Repeat(same, 150_000));
        var read = Assert.IsType<AggregateException>(Wire.Through(many));
        Assert.Equal(100_000, read.InnerExceptions.Count);
        Assert.Contains("of its 150000 inner exceptions", read.Message, StringComparison.Ordinal);
        Assert.StartsWith("many", read.Message, StringComparison.Ordinal);

        string text = new('x', 70_000);
        Assert.Equal(text, Assert.IsType<FormatException>(Wire.Through(new FormatException(text))).Message);
        AggregateException texts = Assert.IsType<AggregateException>(
            Wire.Through(new AggregateException(Enumerable.Range(0, 100).Select(_ => new FormatException(text)))));
        Assert.Equal(100, texts.InnerExceptions.Count);
        Exception huge = Assert.IsType<OrderRejected>(Wire.Through(new OrderRejected(1, new string('y', 3_000_000))));
        Assert.Contains("The text was cut", huge.Message, StringComparison.Ordinal);
        Assert.InRange(huge.Message.Length, 1_000_000, 1_100_000);

        AggregateException nested = new("leaf", new IOException("i"));
        for (int i = 0; i < 150; i++)
            nested = new AggregateException("n", nested);
        Assert.IsType<AggregateException>(Wire.Through(nested));
    }

    [Fact]
    public void Code_of_the_users_that_throws_while_an_exception_is_rebuilt_costs_only_its_part()
    {
        var exception = new Carrier(null) { Data = { ["k"] = 1 }, State = new Dictionary<Touchy, int> { [new Touchy()] = 1 } };
        Touchy.Throws = true;
        try
        {
            var read = Assert.IsType<Carrier>(Wire.Through(exception));
            Assert.Equal(1, read.Data["k"]);
        }
        finally
        {
            Touchy.Throws = false;
        }
    }

    [Fact]
    public void What_the_framework_adds_to_exceptions_survives()
    {
        Assert.Equal("p", ((ArgumentException)Wire.Through(new ArgumentException("m", "p"))).ParamName);
        Assert.Equal(3, ((ArgumentOutOfRangeException)Wire.Through(new ArgumentOutOfRangeException("p", 3, "m"))).ActualValue);
        Assert.Equal("f", ((FileNotFoundException)Wire.Through(new FileNotFoundException("m", "f"))).FileName);
        Assert.Equal(
            SocketError.ConnectionRefused,
            ((SocketException)Wire.Through(new SocketException((int)SocketError.ConnectionRefused))).SocketErrorCode);
        Assert.Equal("a.b", ((WorkSerializationException)Wire.Through(new WorkSerializationException("m", "a.b"))).Path);
    }

    [Fact]
    public void A_users_state_survives_and_what_cannot_travel_is_left_out()
    {
        var exception = new StandardException("m") { ErrorCode = 7, Tags = ["a"], Source2 = Stream.Null };
        var read = (StandardException)Wire.Through(exception);
        Assert.Equal(7, read.ErrorCode);
        Assert.Equal(["a"], read.Tags);
        Assert.Null(read.Source2);
    }

    [Fact]
    public void Data_survives()
    {
        var exception = new InvalidOperationException("m") { Data = { ["k"] = 1, [2] = "v" } };
        Exception read = Wire.Through(exception);
        Assert.Equal((1, "v"), (read.Data["k"], read.Data[2]));
        exception.Data["bad"] = Stream.Null;
        read = Wire.Through(exception);
        Assert.Equal((2, 1, "v"), (read.Data.Count, read.Data["k"], read.Data[2]));
    }

    [Fact]
    public void The_stack_trace_names_where_it_was_thrown()
    {
        Exception read = Wire.Through(Thrown(() => Fail("deep")));
        Assert.Contains(nameof(Fail), read.StackTrace, StringComparison.Ordinal);
        Exception again = Wire.Through(Thrown(() => throw read));
        Assert.Contains(nameof(Fail), again.StackTrace, StringComparison.Ordinal);
        Assert.Contains(nameof(Fail), again.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Inner_exceptions_arrive_to_a_depth_of_100()
    {
        var exception = new InvalidOperationException("0");
        for (int i = 1; i < 150; i++)
            exception = new InvalidOperationException($"{i}", exception);

        int depth = 0;
        string last = "";
        for (Exception? e = Wire.Through(exception); e is not null; e = e.InnerException)
        {
            Assert.StartsWith($"{149 - depth++}", e.Message, StringComparison.Ordinal);
            last = e.Message;
        }

        Assert.Equal(100, depth);
        Assert.Contains("Only 0 of its 1 inner exceptions", last, StringComparison.Ordinal);
    }

    [Fact]
    public void An_aggregate_keeps_all_of_its_exceptions()
    {
        var read = (AggregateException)Wire.Through(
            new AggregateException("m", new IOException("a"), new StandardException("b") { ErrorCode = 3 }, new NoWayException(1)));
        Assert.Equal(["a", "b", "code 1"], read.InnerExceptions.Select(e => e.Message));
        Assert.Equal(3, ((StandardException)read.InnerExceptions[1]).ErrorCode);
        Assert.IsType<NoWayException>(read.InnerExceptions[2]);

        var many = new ManyException("m", [new IOException("a"), new IOException("b")]);
        Assert.Equal(2, Assert.IsType<ManyException>(Wire.Through(many)).InnerExceptions.Count);
    }

    [Fact]
    public void A_type_that_cannot_be_rebuilt_and_has_no_base_type_becomes_a_RemoteWorkException()
    {
        Exception made = Made(typeof(Exception), "code 5", new IOException("inner"));
        Exception exception = Thrown(() => throw made);
        var read = Assert.IsType<RemoteWorkException>(Wire.Through(exception));
        Assert.Equal("D", read.OriginalType);
        Assert.Equal("code 5", read.Message);
        Assert.Equal(exception.StackTrace, read.RemoteStackTrace);
        Assert.IsType<IOException>(read.InnerException);
        Assert.StartsWith($"Tandem.RemoteWorkException ({read.OriginalType}): code 5", read.ToString(), StringComparison.Ordinal);

        var again = Assert.IsType<RemoteWorkException>(Wire.Through(read));
        Assert.Equal((read.OriginalType, read.Message), (again.OriginalType, again.Message));
        Assert.Contains(
            nameof(A_type_that_cannot_be_rebuilt_and_has_no_base_type_becomes_a_RemoteWorkException), again.RemoteStackTrace, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_that_differs_each_time_does_not_cost_the_type() => Assert.IsType<FickleException>(Wire.Through(new FickleException()));

    [Theory]
    [InlineData(Mischief.Throws)]
    [InlineData(Mischief.ReturnsNull)]
    [InlineData(Mischief.Gigantic)]
    public void Writing_never_throws_whatever_the_members_do(Mischief mischief)
    {
        Assert.IsType<MischievousException>(Wire.Through(Thrown(() => throw new MischievousException(mischief))));
    }

    [Fact]
    public void An_exception_that_holds_itself_is_written_once_more_at_most()
    {
        var exception = new StandardException("m");
        exception.Tags = [exception];
        Assert.Equal("m", Wire.Through(exception).Message);
        Node node = new();
        node.Other = new StandardException("m") { Tags = [node] };
        Node read = Wire.RoundTrip(node);
        Assert.Same(read, ((StandardException)read.Other!).Tags![0]);
    }

    [Fact]
    public void A_type_made_at_run_time_does_not_disturb_its_neighbours()
    {
        Exception[] read = Wire.RoundTrip<Exception[]>([Made(typeof(Exception)), new StandardException("m") { ErrorCode = 1 }]);
        Assert.Equal("D", Assert.IsType<RemoteWorkException>(read[0]).OriginalType);
        Assert.Equal(1, Assert.IsType<StandardException>(read[1]).ErrorCode);
    }

    [Fact]
    public void Exceptions_travel_as_values_too()
    {
        var shared = new StandardException("m") { ErrorCode = 4 };
        Exception[] read = Wire.RoundTrip<Exception[]>([shared, shared, new IOException("i")]);
        Assert.Same(read[0], read[1]);
        Assert.Equal(4, Assert.IsType<StandardException>(read[0]).ErrorCode);
        Assert.Equal(4, Wire.RoundTrip(shared).ErrorCode);
        Assert.IsType<StandardException>(Wire.RoundTrip<object>(shared));
        Assert.Equal("code 5", Wire.RoundTrip(new NoWayException(5)).Message);
        Assert.Null(Wire.RoundTrip<IOException?>(null));
    }

    [Fact]
    public void Each_read_gives_a_new_instance()
    {
        var exception = new IOException("m");
        Assert.NotSame(Wire.Through(exception), Wire.Through(exception));
    }

    /// <summary>An exception of a type that no other process has.</summary>
    private static Exception Made(Type baseType, params object[] arguments)
    {
        System.Reflection.Emit.TypeBuilder type = System.Reflection.Emit.AssemblyBuilder
            .DefineDynamicAssembly(new System.Reflection.AssemblyName("d"), System.Reflection.Emit.AssemblyBuilderAccess.Run)
            .DefineDynamicModule("d").DefineType("D", System.Reflection.TypeAttributes.Public, baseType);
        Type[] parameters = Array.ConvertAll(arguments, a => a is Exception ? typeof(Exception) : a.GetType());
        System.Reflection.Emit.ILGenerator code = type
            .DefineConstructor(System.Reflection.MethodAttributes.Public, System.Reflection.CallingConventions.Standard, parameters).GetILGenerator();
        for (int i = 0; i <= parameters.Length; i++)
            code.Emit(System.Reflection.Emit.OpCodes.Ldarg, (short)i);
        code.Emit(System.Reflection.Emit.OpCodes.Call, baseType.GetConstructor(parameters)!);
        code.Emit(System.Reflection.Emit.OpCodes.Ret);
        return (Exception)Activator.CreateInstance(type.CreateType(), arguments)!;
    }

    // Not Record.Exception, which looks at the message.
    private static Exception Thrown(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e)
        {
            return e;
        }

        throw new InvalidOperationException("nothing was thrown");
    }

    private static void Fail(string message) => throw new InvalidOperationException(message);

    public enum Mischief
    {
        Throws,
        ReturnsNull,
        Gigantic,
    }

    private sealed class MischievousException(Mischief mischief) : Exception
    {
        public override string Message => Misbehave()!;

        public override string? StackTrace => Misbehave();

        public override System.Collections.IDictionary Data => mischief == Mischief.ReturnsNull ? null! : throw new IOException();

        private string? Misbehave() => mischief switch
        {
            Mischief.Throws => throw new InvalidOperationException(),
            Mischief.ReturnsNull => null,
            _ => new string('x', 1_000_000),
        };
    }
}

#pragma warning disable CA1032, CA1064 // The missing constructors are what is tested.

internal sealed class StandardException : Exception
{
    public StandardException(string message)
        : base(message)
    {
    }

    public StandardException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public int ErrorCode { get; set; }

    public object[]? Tags { get; set; }

    public Stream? Source2 { get; set; }
}

internal sealed class MessageOnlyException(string message) : Exception(message);

internal sealed class WordyException(string message) : Exception(message)
{
    public string? Detail { get; init; }

    public override string Message => $"{base.Message}, {Detail}";
}

#pragma warning disable CA1710 // The issue's own name.
public class OrderRejected(int code, string reason) : Exception($"{code}: {reason}")
#pragma warning restore CA1710
{
    public int Code => code;

    public string Reason { get; } = reason;
}

internal sealed class Generic<T>
{
    internal sealed class NestedException(T value) : InvalidOperationException($"{value}")
    {
        internal T Value => value;
    }
}

internal sealed class Carrier(Exception? carried, Exception? inner = null) : Exception("carrier", inner)
{
    internal Exception? Carried { get; set; } = carried;

    internal object? State { get; set; }
}

/// <summary>A lock that says of itself that it need not travel, and an exception that cannot do without it.</summary>
internal sealed class Locking : Exception
{
    [NonSerialized]
    private readonly object _lock = new();

    internal string Text
    {
        get
        {
            lock (_lock)
                return "t";
        }
    }
}

/// <summary>Its message is made of state that cannot travel.</summary>
internal sealed class Unsendable(Stream stream) : IOException("n")
{
    private readonly Stream _stream = stream;

    public override string Message => $"{base.Message}{_stream.Length - _stream.Length:#}";
}

internal sealed class Touchy
{
    internal static bool Throws { get; set; }

    public override int GetHashCode() => Throws ? throw new InvalidOperationException("touchy") : 1;

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);
}

internal sealed class NoWayException(int code, Exception? inner = null) : Exception($"code {code}", inner);

internal sealed class ManyException(string message, IEnumerable<Exception> inner) : AggregateException(message, inner);

internal sealed class ThrowingConstructorException : Exception
{
    private ThrowingConstructorException(int code)
        : base($"code {code}")
    {
    }

    public ThrowingConstructorException(string message)
        : base(message) => throw new InvalidOperationException();

    internal static ThrowingConstructorException Make() => new(1);
}

internal sealed class FickleException : Exception
{
    private readonly object _identity = new();

    public override string Message => $"{_identity.GetHashCode()}";
}

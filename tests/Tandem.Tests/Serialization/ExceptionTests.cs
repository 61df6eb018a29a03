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
        Assert.Empty(Wire.Through(exception).Data);
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
    public void Inner_exceptions_arrive_to_a_depth_of_16()
    {
        var exception = new InvalidOperationException("0");
        for (int i = 1; i < 100; i++)
            exception = new InvalidOperationException($"{i}", exception);

        int depth = 0;
        for (Exception? e = Wire.Through(exception); e is not null; e = e.InnerException)
            Assert.Equal($"{99 - depth++}", e.Message);
        Assert.Equal(16, depth);
    }

    [Fact]
    public void An_aggregate_keeps_all_of_its_exceptions()
    {
        var read = (AggregateException)Wire.Through(
            new AggregateException("m", new IOException("a"), new StandardException("b") { ErrorCode = 3 }, new NoWayException(1)));
        Assert.Equal(["a", "b", "code 1"], read.InnerExceptions.Select(e => e.Message));
        Assert.Equal(3, ((StandardException)read.InnerExceptions[1]).ErrorCode);
        Assert.IsType<RemoteWorkException>(read.InnerExceptions[2]);

        var many = new ManyException("m", [new IOException("a"), new IOException("b")]);
        Assert.Equal(2, Assert.IsType<ManyException>(Wire.Through(many)).InnerExceptions.Count);
    }

    [Fact]
    public void A_type_that_cannot_be_rebuilt_becomes_a_RemoteWorkException()
    {
        var exception = (NoWayException)Thrown(() => throw new NoWayException(5, new IOException("inner")));
        var read = Assert.IsType<RemoteWorkException>(Wire.Through(exception));
        Assert.Equal(typeof(NoWayException).FullName, read.OriginalType);
        Assert.Equal("code 5", read.Message);
        Assert.Equal(exception.StackTrace, read.RemoteStackTrace);
        Assert.IsType<IOException>(read.InnerException);
        Assert.StartsWith($"Tandem.RemoteWorkException ({read.OriginalType}): code 5", read.ToString(), StringComparison.Ordinal);

        var again = Assert.IsType<RemoteWorkException>(Wire.Through(read));
        Assert.Equal((read.OriginalType, read.Message), (again.OriginalType, again.Message));
        Assert.Contains(
            nameof(A_type_that_cannot_be_rebuilt_becomes_a_RemoteWorkException), again.RemoteStackTrace, StringComparison.Ordinal);
    }

    [Fact]
    public void A_constructor_that_throws_or_changes_the_message_gives_a_RemoteWorkException()
    {
        Assert.IsType<RemoteWorkException>(Wire.Through(ThrowingConstructorException.Make()));
        Assert.IsType<RemoteWorkException>(Wire.Through(new FickleException()));
    }

    [Theory]
    [InlineData(Mischief.Throws)]
    [InlineData(Mischief.ReturnsNull)]
    [InlineData(Mischief.Gigantic)]
    public void Writing_never_throws_whatever_the_members_do(Mischief mischief)
    {
        Exception read = Wire.Through(Thrown(() => throw new MischievousException(mischief)));
        Assert.InRange(read.Message?.Length ?? 0, 0, (64 * 1024) + 1);
        Assert.InRange(read is RemoteWorkException remote ? remote.RemoteStackTrace.Length : 0, 0, (256 * 1024) + 1);
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
    public void A_type_made_at_run_time_becomes_a_RemoteWorkException()
    {
        Type type = System.Reflection.Emit.AssemblyBuilder
            .DefineDynamicAssembly(new System.Reflection.AssemblyName("d"), System.Reflection.Emit.AssemblyBuilderAccess.Run)
            .DefineDynamicModule("d").DefineType("D", System.Reflection.TypeAttributes.Public, typeof(Exception)).CreateType();
        Exception[] read = Wire.RoundTrip<Exception[]>(
            [(Exception)Activator.CreateInstance(type)!, new StandardException("m") { ErrorCode = 1 }]);
        Assert.Equal("D", Assert.IsType<RemoteWorkException>(read[0]).OriginalType);
        Assert.IsType<StandardException>(read[1]);
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

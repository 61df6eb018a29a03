using System.Collections.Immutable;
using System.Diagnostics;
using System.Net.Sockets;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;
using Tandem.Serialization;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Serialization;

public class RefusalTests
{
    /// <summary>A maker of each value that must not travel, and words of the advice.</summary>
    public static TheoryData<string, string> Kinds => new()
    {
        { "FileStream", "pass the path and open it in the work" },
        { "MemoryStream", "pass the bytes" },
        { "StreamReader", "pass the text" },
        { "StringWriter", "return the text" },
        { "SafeHandle", "open the resource in the work" },
        { "Finalized", "owns an unmanaged resource" },
        { "IntPtr", "use a long" },
        { "UIntPtr", "use a long" },
        { "StructWithHandle", "use a long" },
        { "StructWithPointer", "copy the data to an array" },
        { "ClassWithPointer", "copy the data to an array" },
        { "GCHandle", "handle of this process" },
        { "Task", "await it and pass the result" },
        { "Task<T>", "await it and pass the result" },
        { "ValueTask", "await it and pass the result" },
        { "ValueTask<T>", "await it and pass the result" },
        { "TaskAwaiter", "await it and pass the result" },
        { "Thread", "synchronises threads" },
        { "Timer", "synchronises threads" },
        { "ManualResetEvent", "synchronises threads" },
        { "SemaphoreSlim", "synchronises threads" },
        { "Mutex", "synchronises threads" },
        { "SpinLock", "synchronises threads" },
        { "ReaderWriterLockSlim", "synchronises threads" },
        { "Barrier", "synchronises threads" },
        { "CancellationTokenSource", "capture its Token instead" },
        { "Registration", "synchronises threads" },
        { "Socket", "connect in the work" },
        { "Process", "pass its Id" },
        { "HttpClient", "make one in the work" },
        { "DynamicMethod", "use a member of an assembly" },
        { "Assembly", "pass a Type of it" },
        { "Module", "pass a Type of it" },
        { "WeakReference", "pass its target" },
        { "WeakReference<T>", "pass its target" },
        { "Channel", "connects threads" },
        { "ChannelWriter", "connects threads" },
        { "AsyncLocal", "synchronises threads" },
        { "ThreadLocal", "synchronises threads" },
        { "ExecutionContext", "synchronises threads" },
        { "SynchronizationContext", "synchronises threads" },
        { "IServiceProvider", "pass what the work needs of it" },
        { "ILogger", "make a logger in the work" },
        { "WorkerPool", "make another pool in the work" },
        { "WorkerPool<TState>", "make another pool in the work" },
        { "Lazy", "pass its Value" },
        { "DerivedDictionary", "hold the collection in a field" },
        { "Builder", "call ToImmutable" },
        { "RuntimeTypeHandle", "pass the Type" },
        { "ConditionalWeakTable", "pass its target" },
        { "XmlDocument", "pass its OuterXml" },
        { "XmlNameTable", "pass the XML as text" },
        { "HttpRequestMessage", "make one in the work" },
        { "ActivitySource", "is registered in this process" },
        { "Meter", "is registered in this process" },
        { "Aes", "pass the key" },
        { "RSA", "pass the key" },
        { "HashCode", "differs in every process" },
        { "TypeDelegator", "pass the Type" },
        { "DerivedCulture", "pass what it is made of" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_value_tied_to_its_process_is_refused_with_advice_and_path(string kind, string advice)
    {
        object value = Make(kind);
        try
        {
            var root = new Holder { Inner = new Holder { Items = [new Holder(), new Holder(), new Holder { Source = value }] } };
            WorkSerializationException e = Wire.Refused(root);
            Assert.Contains(advice, e.Message, StringComparison.Ordinal);
            Assert.StartsWith(".Inner.Items[2].Source", e.Path, StringComparison.Ordinal);
            Assert.StartsWith($"'{e.Path}' cannot travel: ", e.Message, StringComparison.Ordinal);
        }
        finally
        {
            if (value is IDisposable disposable and not (Task or WorkerPool))
                disposable.Dispose();
        }
    }

    [Theory]
    [InlineData(typeof(ActivitySource), "an ActivitySource")]
    [InlineData(typeof(IntPtr), "an IntPtr")]
    [InlineData(typeof(Uri), "a Uri")]
    [InlineData(typeof(UnmanagedMemoryStream), "an UnmanagedMemoryStream")]
    [InlineData(typeof(System.Xml.Linq.XDocument), "an XDocument")]
    [InlineData(typeof(System.Security.Cryptography.RSA), "an RSA")]
    [InlineData(typeof(Lazy<int>), "a Lazy<Int32>")]
    public void Messages_name_a_type_with_the_article_that_is_spoken(Type type, string expected) =>
        Assert.Equal(expected, TypeChecks.WithArticle(type));

    [Fact]
    public void The_path_names_entries_of_dictionaries_and_fields_of_structs()
    {
        using var stream = new LocalMemoryStream();
        var root = new Holder { ByName = new() { ["fine"] = new Holder(), ["bad"] = new Holder { Stream = stream } } };
        Assert.Equal(".ByName[bad].Stream", Wire.Refused(root).Path);
        Assert.Equal("[7].Item2[0]", Wire.Refused(new Dictionary<int, (int, Stream[])> { [7] = (1, [stream]) }).Path);
        Assert.Equal(".Handle", Wire.Refused(new WithHandle { Number = 1 }).Path);
        Assert.Equal("[1].Handle", Wire.Refused(new object?[] { null, new WithHandle() }).Path);
    }

    [Fact]
    public void The_path_names_variables_as_the_user_does()
    {
        using var stream = new LocalMemoryStream();
        Func<long> work = () => stream.Length;
        Assert.Equal(".stream", Wire.Refused(work.Target!).Path);
        Assert.Equal(".this._source", Wire.Refused(new Iterating().Start()).Path);
        Assert.Equal(".Open", Wire.Refused(new { Open = stream }).Path);
    }

    [Fact]
    public void A_field_of_a_refused_type_may_be_null()
    {
        Assert.Null(Wire.RoundTrip(new Holder()).Stream);
        Assert.Null(Wire.RoundTrip(new Holder()).Task);
    }

    [Fact]
    public void A_type_made_at_run_time_is_refused()
    {
        Type type = System.Reflection.Emit.AssemblyBuilder.DefineDynamicAssembly(
            new AssemblyName("d"), System.Reflection.Emit.AssemblyBuilderAccess.Run)
            .DefineDynamicModule("d").DefineType("D", TypeAttributes.Public).CreateType();
        Assert.Contains("exists in this process only", Wire.Refused(Activator.CreateInstance(type)!).Message, StringComparison.Ordinal);
        Assert.Contains("exists in this process only", Wire.Refused(type).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refused_value_gives_back_the_writers_memory()
    {
        using var stream = new LocalMemoryStream();
        Wire.Refused(new object[] { new byte[100_000], stream });
    }

    private static unsafe object Make(string kind) => kind switch
    {
        "FileStream" => new FileStream("/dev/null", FileMode.Open),
        "MemoryStream" => new LocalMemoryStream(),
        "StreamReader" => new StreamReader(new LocalMemoryStream()),
        "StringWriter" => new StringWriter(),
        "SafeHandle" => new SafeFileHandle(-1, false),
        "Finalized" => new Finalized(),
        "IntPtr" => (nint)1,
        "UIntPtr" => (nuint)1,
        "StructWithHandle" => new WithHandle { Number = 1 },
        "StructWithPointer" => new WithPointer(),
        "ClassWithPointer" => new PointerClass(),
        "GCHandle" => default(GCHandle),
        "Task" => Task.CompletedTask,
        "Task<T>" => Task.FromResult(1),
        "ValueTask" => default(ValueTask),
        "ValueTask<T>" => new ValueTask<string>("s"),
        "TaskAwaiter" => Task.CompletedTask.GetAwaiter(),
        "Thread" => Thread.CurrentThread,
        "Timer" => new Timer(_ => { }),
        "ManualResetEvent" => new ManualResetEvent(false),
        "SemaphoreSlim" => new SemaphoreSlim(1),
        "Mutex" => new Mutex(),
        "SpinLock" => new SpinLock(false),
        "ReaderWriterLockSlim" => new ReaderWriterLockSlim(),
        "Barrier" => new Barrier(1),
        "CancellationTokenSource" => new CancellationTokenSource(),
        "Registration" => default(CancellationTokenRegistration),
        "Socket" => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp),
        "Process" => Process.GetCurrentProcess(),
        "HttpClient" => new HttpClient(),
        "DynamicMethod" => new System.Reflection.Emit.DynamicMethod("m", null, []),
        "Assembly" => typeof(int).Assembly,
        "Module" => typeof(int).Module,
        "WeakReference" => new WeakReference(null),
        "WeakReference<T>" => new WeakReference<string>(""),
        "Channel" => Channel.CreateUnbounded<int>(),
        "ChannelWriter" => Channel.CreateBounded<int>(1).Writer,
        "AsyncLocal" => new AsyncLocal<int>(),
        "ThreadLocal" => new ThreadLocal<int>(),
        "ExecutionContext" => ExecutionContext.Capture()!,
        "SynchronizationContext" => new SynchronizationContext(),
        "IServiceProvider" => new Services(),
        "ILogger" => Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance,
        "WorkerPool" => RuntimeHelpers.GetUninitializedObject(typeof(WorkerPool)),
        "WorkerPool<TState>" => RuntimeHelpers.GetUninitializedObject(typeof(WorkerPool<int>)),
        "Lazy" => new Lazy<int>(() => 1),
        "DerivedDictionary" => new DerivedDictionary(),
        "Builder" => ImmutableDictionary.CreateBuilder<string, int>(),
        "RuntimeTypeHandle" => typeof(int).TypeHandle,
        "XmlDocument" => new System.Xml.XmlDocument(),
        "XmlNameTable" => new System.Xml.NameTable(),
        "HttpRequestMessage" => new HttpRequestMessage(),
        "ActivitySource" => new ActivitySource("Tandem.Tests.Refused"),
        "Meter" => new System.Diagnostics.Metrics.Meter("Tandem.Tests.Refused"),
        "Aes" => System.Security.Cryptography.Aes.Create(),
        "RSA" => System.Security.Cryptography.RSA.Create(),
        "HashCode" => default(HashCode),
        "TypeDelegator" => new TypeDelegator(typeof(int)),
        "DerivedCulture" => new Dialect(),
        "ConditionalWeakTable" => new ConditionalWeakTable<string, object>(),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private sealed class Dialect() : System.Globalization.CultureInfo("");

    private sealed class Services : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }

    private sealed class Iterating
    {
        private readonly Stream _source = new LocalMemoryStream();

        internal IEnumerable<int> Start()
        {
            yield return _source.CanRead ? 1 : 0;
        }
    }
}

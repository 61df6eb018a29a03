using System.Net.Sockets;
using System.Runtime.Versioning;
using Tandem.Transport.Mapped;
using Tandem.Transport.SharedMemory;

namespace Tandem.Tests.Rings;

/// <summary>What a producer rings, and what a consumer waits for: one of each kind, between two threads.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class TestBells(Bell? producer, Bell? consumer, params IDisposable[] parts) : IDisposable
{
    /// <summary>Null for a futex.</summary>
    internal Bell? Producer { get; } = producer;

    /// <summary>Null for a futex.</summary>
    internal Bell? Consumer { get; } = consumer;

    internal static TestBells Create(string kind)
    {
        switch (kind)
        {
            case "event":
                var handle = new EventBell(new EventWaitHandle(false, EventResetMode.AutoReset));
                return new TestBells(handle, handle, handle);

            case "pipe of this process":
                Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has events.");
                var own = new PipeBell();
                return new TestBells(own, own, own);

            case "pipe of another process":
                Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has events.");
                (Socket rings, Socket waits) = Connect();
                var remote = new RemotePipeBell();
                remote.Connect((int)rings.Handle);
                var local = new PipeBell();
                local.Connect((int)waits.Handle);
                return new TestBells(remote, local, remote, local, rings, waits);

            default:
                Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has a futex between processes.");
                return new TestBells(null, null);
        }
    }

    /// <summary>Two ends of one connection.</summary>
    internal static (Socket First, Socket Second) Connect()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var first = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        first.Connect(new UnixDomainSocketEndPoint(path));
        return (first, listener.Accept());
    }

    public void Dispose()
    {
        foreach (IDisposable part in parts)
            part.Dispose();
    }
}

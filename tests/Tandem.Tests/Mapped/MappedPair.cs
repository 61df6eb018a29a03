using System.Collections.Concurrent;
using System.Runtime.Versioning;
using Tandem.Transport;
using Tandem.Transport.Mapped;
using Tandem.Transport.SharedMemory;

namespace Tandem.Tests.Mapped;

/// <summary>Both ends of a link over mapped memory in one process, and the pool's memory for arguments.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class MappedPair : IFrameSink, IDisposable
{
    private readonly MappedFolder? _folder = OperatingSystem.IsWindows() ? null : MappedFolder.Create();
    private readonly TaskCompletionSource _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Exception> _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal MappedPair()
    {
        Address = new MappedAddress(_folder?.Path ?? $"tandem-test-{Guid.NewGuid():N}", 7);
        Requests = new PayloadArea(MappedMemory.CreateArea(Address.Requests, isWritable: true));
        Link = new SharedMemoryLink(Requests, new MappedConnection(Address), spinMicroseconds: 0);
    }

    internal MappedAddress Address { get; }

    internal PayloadArea Requests { get; }

    /// <summary>The parent's end.</summary>
    internal SharedMemoryLink Link { get; }

    /// <summary>The worker's end, once it is connected.</summary>
    internal SharedMemoryParentLink? Worker { get; private set; }

    /// <summary>What the parent has received.</summary>
    internal ConcurrentQueue<(FrameKind Kind, uint Sequence)> Frames { get; } = [];

    /// <summary>Completes when the link says that the worker exits.</summary>
    internal Task Ending => _ending.Task;

    /// <summary>Completes when the link says that it is broken.</summary>
    internal Task<Exception> Broken => _broken.Task;

    internal void Start() => Link.Start(this);

    /// <summary>Connects as a worker does: the names are all that it knows.</summary>
    internal SharedMemoryParentLink Connect() =>
        Worker = new SharedMemoryParentLink(new MappedParentConnection(MappedAddress.TryParse(Address.ToString())!.Value));

    /// <summary>The names of files that there are now.</summary>
    internal string[] Files() => [.. Directory.GetFiles(_folder!.Path).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)];

    public void OnFrame(in Frame frame) => Frames.Enqueue((frame.Kind, frame.Sequence));

    public void OnBatchEnd()
    {
    }

    public void OnEnding() => _ending.TrySetResult();

    public void OnBroken(Exception cause) => _broken.TrySetResult(cause);

    public void Dispose()
    {
        Worker?.Unmap();
        Link.Dispose();
        Requests.Dispose();
        if (!OperatingSystem.IsWindows())
            _folder!.Dispose();
    }
}

using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

/// <summary>
/// What a pool promises whatever its workers are; one file for each theme, one subclass for each way of running work. Where the
/// isolations differ by nature, a capability of the <see cref="Infrastructure.Backend"/> says so.
/// </summary>
public abstract partial class PoolPromises(Backend backend) : IDisposable
{
    private readonly Scratch _scratch = new();

    protected Backend Backend { get; } = backend;

    /// <summary>Two workers, shared by the tests of the class: only for what leaves them as they were.</summary>
    protected WorkerPool Pool => Backend.Pool;

    protected Gate NewGate(string name = "gate") => _scratch.Gate(name);

    protected Trail NewTrail() => _scratch.Trail();

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _scratch.Dispose();
    }
}

public sealed class ThreadPromises(ThreadBackend backend) : PoolPromises(backend), IClassFixture<ThreadBackend>;

public sealed class SharedMemoryPromises(SharedMemoryBackend backend) : PoolPromises(backend), IClassFixture<SharedMemoryBackend>;

public sealed class MappedMemoryPromises(MappedMemoryBackend backend) : PoolPromises(backend), IClassFixture<MappedMemoryBackend>;

public sealed class PortablePromises(PortableBackend backend) : PoolPromises(backend), IClassFixture<PortableBackend>;

public sealed class ImitationPromises(ImitationBackend backend) : PoolPromises(backend), IClassFixture<ImitationBackend>;

using Tandem.Interop;
using Tandem.Serialization;

namespace Tandem.Launch;

/// <summary>Starts the workers of one pool: a program, by a launcher, with a link.</summary>
internal sealed class WorkerLauncher : IDisposable
{
    private readonly LaunchableProgram _program;
    private readonly ProcessPoolOptions _options;
    private readonly LinkFactory _links;
    private readonly ProcessLauncher _launcher;
    private int _depth; // of nested pools; 0 until Check
    private int _depthLimit;

    private WorkerLauncher(LaunchableProgram program, ProcessPoolOptions options, LinkFactory links, ProcessLauncher launcher)
    {
        _program = program;
        _options = options;
        _links = links;
        _launcher = launcher;
    }

    /// <summary>Memory for the arguments of the pool's items.</summary>
    internal IPayloadMemory Memory => _links.Memory;

    /// <summary>Creates the pair of launcher and link that the options request, or the best one that this system supports.</summary>
    /// <exception cref="WorkerStartException">This system does not support the pair, or lacks the resources for it.</exception>
    internal static WorkerLauncher Create(LaunchableProgram program, ProcessPoolOptions options)
    {
        try
        {
            LinkFactory links = CreateLinks(options);
            try
            {
                ProcessLauncher launcher = links.NeedsDescriptors || options.UsesSpawn
                    ? new LinuxProcessHub(options.Name) : new PortableLauncher();
                return new WorkerLauncher(program, options, links, launcher);
            }
            catch
            {
                links.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or OutOfMemoryException)
        {
            throw new WorkerStartException($"The launcher of workers could not be created: {SystemLimits.Explain(e)}.", e);
        }
    }

    private static LinkFactory CreateLinks(ProcessPoolOptions options)
    {
        switch (options.Transport)
        {
            case WorkerTransport.SharedMemory when !SharedMemoryLinks.IsSupported:
                throw new WorkerStartException(
                    $"This system does not support shared memory between processes ({SharedMemoryLinks.Problem}). "
                    + "It requires Linux 5.3 or newer with memfd and pidfd, on x64 or arm64; "
                    + "use WorkerTransport.Auto, MappedMemory or Portable.");

            case WorkerTransport.MappedMemory:
                return new MappedLinks(options);

            case WorkerTransport.Portable:
                return new PortableLinks();

            default:
                return SharedMemoryLinks.IsSupported ? new SharedMemoryLinks(options) : CreatePortableLinks(options);
        }
    }

    /// <summary>Pipes are the last resort.</summary>
    private static LinkFactory CreatePortableLinks(ProcessPoolOptions options)
    {
        try
        {
            return new MappedLinks(options);
        }
        catch (WorkerStartException)
        {
            return new PortableLinks();
        }
    }

    /// <inheritdoc cref="ProcessLauncher.Post"/>
    internal void Post(Action action) => _launcher.Post(action);

    /// <summary>Called once, before the first start.</summary>
    /// <exception cref="WorkerStartException">No worker can be started.</exception>
    internal void Check()
    {
        (_depth, _depthLimit) = Nesting.Check(_options);
        _program.Check();
    }

    /// <summary>Warms up the code of the first start, with a plan that starts nothing. Called from a posted action.</summary>
    internal void WarmUp()
    {
        LaunchPlan any = LaunchPlan.Dummy;
        _launcher.WarmUp(any, () => EnvironmentOf(any, LaunchProtocol.SharedMemory));
    }

    /// <summary>Creates the plan for a start. Called from a posted action, like <see cref="CreateLink"/> and <see cref="Start"/>.</summary>
    /// <exception cref="WorkerStartException">The program cannot be started.</exception>
    internal LaunchPlan CreatePlan() => _program.CreatePlan();

    /// <inheritdoc cref="LinkFactory.Create"/>
    internal NewLink CreateLink() => _links.Create();

    /// <summary>Starts the process of a worker.</summary>
    /// <exception cref="WorkerStartException">The process could not be started.</exception>
    internal WorkerProcess Start(LaunchPlan plan, NewLink link, IProcessObserver observer)
    {
        int[] own = _program.OpenDescriptors();
        WorkerProcess process;
        try
        {
            if (own.Length > 0 && !_launcher.PassesDescriptors)
            {
                throw new WorkerStartException(
                    "A worker could not be started: its program passes descriptors to it, which works with "
                    + $"{nameof(WorkerTransport)}.{nameof(WorkerTransport.SharedMemory)} only.");
            }

            process = _launcher.Start(plan, EnvironmentOf(plan, link.Address), [.. link.Descriptors, .. own], observer);
        }
        finally
        {
            foreach (int fd in own)
                _ = Libc.Close(fd);
        }

        link.OnStarted();
        return process;
    }

    /// <summary>Stops watching processes. No worker may be left.</summary>
    public void Dispose()
    {
        _launcher.Dispose();
        _links.Dispose();
    }

    private Dictionary<string, string> EnvironmentOf(LaunchPlan plan, string address) =>
        _program.CreateEnvironment(plan, _options, address, _depth, _depthLimit);
}

using Tandem.Hosting.Child;

namespace Tandem.Hosting;

/// <summary>A service that <c>AddIsolatedService</c> registered.</summary>
/// <param name="Isolation">Whether it runs on a thread or in a process.</param>
/// <param name="Options">Its options.</param>
/// <param name="Run">Runs its host on a worker of a pool.</param>
internal sealed record ServiceRegistration(
    Isolation Isolation, IsolatedServiceOptions Options, Func<WorkerPool, ServiceSpec, CancellationToken, Task> Run);

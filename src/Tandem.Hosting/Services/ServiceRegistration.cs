using Tandem.Hosting.Child;

namespace Tandem.Hosting;

/// <summary>A service as <c>AddIsolatedService</c> was told about it.</summary>
/// <param name="Isolation">What it runs in.</param>
/// <param name="Options">How.</param>
/// <param name="Run">Runs its host on a worker of a pool.</param>
internal sealed record ServiceRegistration(Isolation Isolation, IsolatedServiceOptions Options, Func<WorkerPool, ServiceSpec, CancellationToken, Task> Run);

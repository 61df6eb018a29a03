using Tandem.Imitation;
using Tandem.Invocation;
using Tandem.Processes;

namespace Tandem.Tests.Infrastructure;

/// <summary>Pools with an engine that Tandem does not know.</summary>
public sealed class ImitationBackend : Backend
{
    public override Isolation Isolation => Isolation.Thread;

    public override bool CopiesValues => true;

    public override WorkerPool Create(WorkerPoolOptions options) => new(new ImitationEngine(options.Validated()));

    public override WorkerPool<TState> Create<TState>(WorkerPoolOptions options, Func<TState> createState) =>
        new(new ImitationEngine(options.Validated(), () => StartupStep.StateFactory(createState, PlainAdapter<TState>.Instance)));
}

namespace Tandem.Invocation;

/// <summary>Code that needs the types of an adapter as type parameters. An adapter calls the method for its own kind.</summary>
internal interface IAdapterVisitor
{
    void VisitPlain<TResult>(DelegateAdapter<TResult> adapter);

    void VisitState<TState, TResult>(DelegateAdapter<TResult> adapter);

    void VisitArgument<TArgument, TResult>(DelegateAdapter<TResult> adapter);

    void VisitStateArgument<TState, TArgument, TResult>(DelegateAdapter<TResult> adapter);
}

namespace Tandem.Shipping;

/// <summary>Code that needs the types of a form as type parameters. A form calls the method for its own kind.</summary>
internal interface IFormVisitor
{
    void VisitPlain<TResult>(Form<TResult> form);

    void VisitState<TState, TResult>(Form<TResult> form);

    void VisitArgument<TArgument, TResult>(Form<TResult> form);

    void VisitStateArgument<TState, TArgument, TResult>(Form<TResult> form);
}

namespace Tandem.Shipping;

/// <summary>
/// The result of work that has none: null. A class, because generics over classes share the code that the framework brings compiled;
/// over a structure of ours, each process would compile <see cref="Task{TResult}"/> and the like anew at its first call.
/// </summary>
internal sealed class Nothing;

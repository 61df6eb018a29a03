namespace Tandem.Invocation;

/// <summary>
/// The result type of work that returns no value. The value is always null. It is a class, because the framework contains compiled code
/// for generics over classes. With a structure, every process would compile <see cref="Task{TResult}"/> and others at its first call.
/// </summary>
internal sealed class VoidResult;

using Tandem.Shipping;

namespace Tandem.InWorker;

/// <summary>A method that the parent has defined, or the reason why it was not found in this process.</summary>
internal sealed class Definition
{
    private readonly Callable? _callable;
    private readonly Exception? _failure;

    internal Definition(Callable callable)
    {
        _callable = callable;
        TakesToken = callable.Method.TakesToken;
    }

    internal Definition(Exception failure) => _failure = failure;

    /// <exception cref="WorkSerializationException">The method does not exist in this process.</exception>
    internal Callable Callable => _callable
        ?? throw new WorkSerializationException($"the worker process could not find the method: {_failure!.Message}", null, _failure);

    internal bool TakesToken { get; }

    /// <summary>The method's name, for display.</summary>
    internal string Name => _callable is { } callable ? callable.Method.Name : "?";
}

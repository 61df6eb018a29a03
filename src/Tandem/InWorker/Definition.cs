using Tandem.Invocation;

namespace Tandem.InWorker;

/// <summary>A method that the parent has defined, or the reason why it was not found in this process.</summary>
internal sealed class Definition
{
    private readonly RemoteMethod? _remoteMethod;
    private readonly Exception? _failure;

    internal Definition(RemoteMethod remoteMethod)
    {
        _remoteMethod = remoteMethod;
        TakesToken = remoteMethod.Method.TakesToken;
    }

    internal Definition(Exception failure) => _failure = failure;

    /// <exception cref="WorkSerializationException">The method does not exist in this process.</exception>
    internal RemoteMethod RemoteMethod => _remoteMethod
        ?? throw new WorkSerializationException($"the worker process could not find the method: {_failure!.Message}", null, _failure);

    internal bool TakesToken { get; }

    /// <summary>The method's name, for display.</summary>
    internal string Name => _remoteMethod is { } remoteMethod ? remoteMethod.Method.Name : "?";
}

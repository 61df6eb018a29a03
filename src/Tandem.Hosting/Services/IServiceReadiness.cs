namespace Tandem.Hosting;

/// <summary>
/// How a service says that it is ready, if <see cref="IsolatedServiceOptions.SignalsReadiness"/> is set. It gets one from its
/// container, in either isolation.
/// </summary>
public interface IServiceReadiness
{
    /// <summary>The service is ready: those that depend on it may start. Further calls do nothing.</summary>
    void SetReady();
}

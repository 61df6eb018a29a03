namespace Tandem.Hosting;

/// <summary>The isolated services of a host. Get it from the container.</summary>
public interface IIsolatedServices
{
    /// <summary>Raised for each event, one at a time and in order; a handler that throws is ignored.</summary>
    event EventHandler<ServiceEvent>? Changed;

    /// <summary>What each service does now, in the order of registration.</summary>
    IReadOnlyList<ServiceSnapshot> Snapshot();
}

using Tandem.Smoke.Scenarios;

namespace Tandem.Smoke;

/// <summary>All scenarios, in the order in which they run.</summary>
internal static class Catalogue
{
    internal static readonly Scenario[] All =
    [
        .. Calls.All,
        .. Values.All,
        .. Limits.All,
        .. Crashes.All,
        .. Maps.All,
        .. Surroundings.All,
        .. Lifetimes.All,
        .. SharedObjects.All,
    ];
}

using Tandem.Serialization;

namespace Tandem.Shipping;

/// <summary>Ends an item that nobody waits for with a result, so that what the first real one needs is loaded and compiled by then.</summary>
internal interface IResultRehearsal
{
    void End<TResult>(PayloadReader result);
}

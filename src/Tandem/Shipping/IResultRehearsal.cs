using Tandem.Serialization;

namespace Tandem.Shipping;

/// <summary>
/// Completes an item that nothing awaits with a result, so that the code of the first real result is loaded and compiled by then.
/// </summary>
internal interface IResultRehearsal
{
    void End<TResult>(PayloadReader result);
}

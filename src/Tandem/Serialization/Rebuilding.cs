namespace Tandem.Serialization;

/// <summary>
/// Runs code that creates objects from deserialized values: code of the framework, of collections and comparers, and of users.
/// </summary>
internal static class Rebuilding
{
    internal static TResult Run<TState, TResult>(Func<TState, TResult> code, TState state)
    {
        try
        {
            return code(state);
        }
        catch (Exception e)
        {
            throw Failed(e);
        }
    }

    /// <summary>Converts an exception of a collection or comparer to the reader's own exception.</summary>
    internal static PayloadCorruptException Failed(Exception e) =>
        e as PayloadCorruptException
            ?? new RebuildException($"a collection cannot be rebuilt: {e.GetType().Name}: {e.Message}", e);
}

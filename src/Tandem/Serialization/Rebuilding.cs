namespace Tandem.Serialization;

/// <summary>Runs code that makes objects of what was read: of the framework, of collections and comparers, of users.</summary>
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

    /// <summary>What a collection or a comparer threw, as the reader's own exception.</summary>
    internal static PayloadCorruptException Failed(Exception e) =>
        e as PayloadCorruptException
            ?? new RebuildException($"a collection cannot be rebuilt: {e.GetType().Name}: {e.Message}", e);
}

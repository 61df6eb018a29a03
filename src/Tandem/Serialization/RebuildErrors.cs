namespace Tandem.Serialization;

/// <summary>
/// Errors of code of the user's that runs while a value is read: comparers, hash codes, static constructors, methods that restore a value.
/// They belong to the call whose value it is, and say nothing against the process that sent it.
/// </summary>
internal static class RebuildErrors
{
    /// <summary>Whether the payload made sense up to here, and it was the value that could not be rebuilt.</summary>
    internal static bool IsOfValue(Exception error) => error is RebuildException or not PayloadCorruptException;

    /// <summary>The error for whoever waits for the call.</summary>
    /// <param name="what">Which value, and where it was to be rebuilt.</param>
    /// <param name="path">The value's path; empty for what has no name.</param>
    /// <param name="error">What was thrown.</param>
    internal static WorkSerializationException For(string what, string path, Exception error)
    {
        if (error is WorkSerializationException known)
        {
            if (path.Length > 0)
                known.Prepend(known.Path.Length == 0 || known.Path[0] is '.' or '[' ? path : path + ".");
            return known;
        }

        Exception? cause = error is RebuildException ? error.InnerException : error;
        return new WorkSerializationException($"{what}: {TextOf(error)}", path, cause);
    }

    private static string TextOf(Exception error)
    {
        try
        {
            return error is RebuildException ? error.Message : $"{error.GetType().Name}: {error.Message}";
        }
        catch (Exception)
        {
            return error.GetType().Name; // its message throws
        }
    }
}

namespace Tandem.Serialization;

/// <summary>
/// Errors of user code that runs while a value is deserialized: comparers, hash codes, static constructors, methods that restore a value.
/// They belong to the call that the value is part of, and do not mean that the process that sent it is broken.
/// </summary>
internal static class RebuildErrors
{
    /// <summary>Whether the payload was valid so far and the value itself could not be rebuilt.</summary>
    internal static bool IsOfValue(Exception error) => error is RebuildException or not PayloadCorruptException;

    /// <summary>Creates the exception for the code that awaits the call.</summary>
    /// <param name="what">The value, and the process in which it was rebuilt.</param>
    /// <param name="path">The value's path; empty if it has no name.</param>
    /// <param name="error">The exception that was thrown.</param>
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
            return error.GetType().Name; // its Message property throws
        }
    }
}

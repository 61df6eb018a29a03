using System.Text;
using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>
/// The folder for the sockets of a pool on Unix. The system limits the path of a socket to about 100 bytes. The folder for temporary files
/// of a user may be longer, so there is a second choice.
/// </summary>
internal static class SocketFolder
{
    /// <summary>A folder with a short path that POSIX systems have. No other user can delete files in it (sticky bit).</summary>
    private const string Short = "/tmp";

    /// <summary>The longest path of a socket, in bytes: <c>sun_path</c> without the terminating zero.</summary>
    internal static int LongestPath => OperatingSystem.IsLinux() ? 107 : 103;

    /// <summary>Returns the folder for sockets whose names have a length.</summary>
    internal static string For(int nameLength) => Choose(Path.GetTempPath(), LongestFolder(nameLength), Libc.IsWritable);

    /// <summary>Returns how long the path of a folder may be, in bytes, without a separator at its end.</summary>
    internal static int LongestFolder(int nameLength) => LongestPath - 1 - nameLength;

    /// <summary>Chooses the folder for temporary files, or a shorter one if it is too long.</summary>
    /// <param name="temporary">The folder for temporary files.</param>
    /// <param name="longest">How long the path may be, in bytes.</param>
    /// <param name="isWritable">Whether this process may create files in a folder.</param>
    internal static string Choose(string temporary, int longest, Func<string, bool> isWritable) =>
        Encoding.UTF8.GetByteCount(Path.TrimEndingDirectorySeparator(temporary)) > longest && isWritable(Short) ? Short : temporary;
}

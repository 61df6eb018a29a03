using System.Text;

namespace Tandem.InWorker;

/// <summary>
/// Makes a worker write UTF-8 to standard output and standard error, because its parent reads UTF-8. By itself, .NET writes in the code page
/// of the console on Windows, also to a pipe, and in the encoding of the locale on Unix.
/// </summary>
internal static class OutputEncoding
{
    /// <summary>The variables that decide on the encoding on Unix; the first that is set wins.</summary>
    private static readonly string[] Variables = ["LC_ALL", "LC_MESSAGES", "LANG"];

    /// <summary>Sets the encoding if it would be another one. Called before anything is written.</summary>
    internal static void UseUtf8()
    {
        // The first use of the console takes about a millisecond, so it is left to the work on systems that write UTF-8 anyway.
        if (!OperatingSystem.IsWindows() && !IsOtherEncoding(Environment.GetEnvironmentVariable))
            return;

        var encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        try
        {
            // On Windows, this is also the code page of the console, which the runtime uses for what it writes itself, and which the
            // processes that the worker starts inherit. The console is the worker's own: it was started without a window.
            Console.OutputEncoding = encoding;
        }
        catch (Exception e) when (e is IOException or PlatformNotSupportedException or System.Security.SecurityException)
        {
            // There is no console.
            Console.SetOut(Writer(Console.OpenStandardOutput(), encoding));
            Console.SetError(Writer(Console.OpenStandardError(), encoding));
        }
    }

    /// <summary>Whether the locale of a Unix system names an encoding that is not UTF-8, such as <c>de_DE.ISO-8859-1@euro</c>.</summary>
    /// <param name="variable">Returns the value of an environment variable.</param>
    internal static bool IsOtherEncoding(Func<string, string?> variable)
    {
        foreach (string name in Variables)
        {
            string? locale = variable(name);
            if (string.IsNullOrWhiteSpace(locale))
                continue;

            int start = locale.IndexOf('.') + 1;
            int end = locale.IndexOf('@', start);
            string encoding = start == 0 ? "" : locale[start..(end < 0 ? locale.Length : end)];
            return encoding.Length > 0 && !encoding.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
                && !encoding.Equals("utf8", StringComparison.OrdinalIgnoreCase);
        }

        return false;
    }

    private static TextWriter Writer(Stream stream, Encoding encoding) =>
        TextWriter.Synchronized(new StreamWriter(stream, encoding) { AutoFlush = true });
}

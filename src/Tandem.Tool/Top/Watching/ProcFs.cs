using System.Globalization;
using Tandem.Launch;

namespace Tandem.Tool.Top.Watching;

/// <summary>Reads data about processes and threads from /proc. It is read every second, so it allocates little.</summary>
internal static class ProcFs
{
    internal static bool Exists(int processId) => Directory.Exists($"/proc/{processId}");

    /// <summary>The context switches of one thread, or of all threads of a process, given its folder.</summary>
    internal static (long Voluntary, long Involuntary) Switches(string folder, bool isProcess)
    {
        if (!isProcess)
            return ThreadSwitches(folder);

        (long Voluntary, long Involuntary) sum = default;
        try
        {
            foreach (string thread in Directory.EnumerateDirectories(folder + "/task"))
            {
                (long voluntary, long involuntary) = ThreadSwitches(thread);
                sum = (sum.Voluntary + voluntary, sum.Involuntary + involuntary);
            }
        }
        catch (IOException)
        {
            // The process exited meanwhile.
        }

        return sum;
    }

    /// <summary>The value of an environment variable with which a process was started; null if it is not set, or may not be read.</summary>
    internal static string? Variable(int processId, string name)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/environ").Split('\0')
                .FirstOrDefault(line => line.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The name of the program that a process runs, for users.</summary>
    internal static string ProgramName(int processId)
    {
        try
        {
            string[] words = File.ReadAllText($"/proc/{processId}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);
            string? assembly = words.Skip(1).FirstOrDefault(static word => word.EndsWith(".dll", StringComparison.OrdinalIgnoreCase));
            bool isHost = words.Length > 0 && Path.GetFileNameWithoutExtension(words[0]) == "dotnet";
            string name = isHost && assembly is not null ? Path.GetFileName(assembly) : Path.GetFileName(words.FirstOrDefault(""));
            if (name == "Tandem.Worker.dll" && Variable(processId, LaunchProtocol.EntryVariable) is { } program)
                return Path.GetFileName(program);

            return name.Length > 0 ? name : File.ReadAllText($"/proc/{processId}/comm").Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "?";
        }
    }

    /// <summary>
    /// Whether a process may have loaded Tandem. True also if that cannot be seen, because a single-file program contains all assemblies.
    /// </summary>
    internal static bool MayHavePools(int processId)
    {
        try
        {
            bool hasFramework = false;
            foreach (string line in File.ReadLines($"/proc/{processId}/maps"))
            {
                if (line.EndsWith("/Tandem.dll", StringComparison.Ordinal))
                    return true;

                hasFramework |= line.EndsWith("/System.Private.CoreLib.dll", StringComparison.Ordinal);
            }

            return !hasFramework;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static (long Voluntary, long Involuntary) ThreadSwitches(string folder)
    {
        Span<byte> buffer = stackalloc byte[4096];
        ReadOnlySpan<byte> text = Read(folder + "/status", buffer);
        return (Field(text, "\nvoluntary_ctxt_switches:\t"u8), Field(text, "\nnonvoluntary_ctxt_switches:\t"u8));
    }

    private static long Field(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        int at = text.IndexOf(name);
        if (at < 0)
            return 0;

        ReadOnlySpan<byte> value = text[(at + name.Length)..];
        int end = value.IndexOf((byte)'\n');
        return Number(end < 0 ? value : value[..end]);
    }

    private static long Number(ReadOnlySpan<byte> text) => long.TryParse(text, CultureInfo.InvariantCulture, out long value) ? value : 0;

    private static ReadOnlySpan<byte> Read(string file, Span<byte> buffer)
    {
        try
        {
            using var handle = File.OpenHandle(file);
            return buffer[..RandomAccess.Read(handle, buffer, 0)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}

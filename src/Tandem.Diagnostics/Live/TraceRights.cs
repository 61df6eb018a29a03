using System.Globalization;
using System.Runtime.InteropServices;

namespace Tandem.Diagnostics;

/// <summary>Says why a process may not be traced, and what to do.</summary>
internal static class TraceRights
{
    /// <summary>EACCES.</summary>
    internal const int AccessDenied = 13;

    internal static string Explain(int processId, int error)
    {
        if (TracerOf(processId) is { } tracer)
            return string.Create(CultureInfo.InvariantCulture, $"process {processId} is traced by process {tracer} already, a debugger perhaps; only one can.");

        string what = string.Create(CultureInfo.InvariantCulture, $"the system does not let you trace process {processId} ({Marshal.GetPInvokeErrorMessage(error)})");
        if (!MayRead(processId))
            return $"{what}: it belongs to another user, or has more rights than you. Run this as that user, or as root (sudo).";

        return ReadNumber("/proc/sys/kernel/yama/ptrace_scope") switch
        {
            1 => $"{what}: kernel.yama.ptrace_scope is 1, so that only a parent may trace. Run this as root (sudo), or allow it until the next start: sudo sysctl kernel.yama.ptrace_scope=0.",
            2 => $"{what}: kernel.yama.ptrace_scope is 2, so that only root may trace. Run this as root (sudo).",
            3 => $"{what}: kernel.yama.ptrace_scope is 3, so that nobody may trace until the machine is started anew with another value.",
            _ => $"{what}. In a container, allow it: docker run --cap-add=SYS_PTRACE, or capabilities.add: [SYS_PTRACE] in Kubernetes.",
        };
    }

    private static int? TracerOf(int processId)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{processId}/status").FirstOrDefault(static line => line.StartsWith("TracerPid:", StringComparison.Ordinal));
            return int.TryParse(line?["TracerPid:".Length..], CultureInfo.InvariantCulture, out int tracer) && tracer != 0 ? tracer : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static int? ReadNumber(string file)
    {
        try
        {
            return int.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out int number) ? number : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Whether this user may look into a process; true of one that is gone.</summary>
    internal static bool MayRead(int processId)
    {
        try
        {
            using var handle = File.OpenHandle($"/proc/{processId}/environ");
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}

using System.Globalization;
using System.Runtime.InteropServices;

namespace Tandem.Diagnostics;

/// <summary>Explains why a process may not be traced, and what to do.</summary>
internal static class TraceRights
{
    /// <summary>EACCES.</summary>
    internal const int AccessDenied = 13;

    internal static string Explain(int processId, int error)
    {
        if (TracerOf(processId) is { } tracer)
            return string.Create(
                CultureInfo.InvariantCulture,
                $"process {processId} is already traced by process {tracer}, perhaps a debugger; only one tracer is possible.");

        string what = string.Create(
            CultureInfo.InvariantCulture,
            $"the system does not let you trace process {processId} ({Marshal.GetPInvokeErrorMessage(error)})");
        if (Refusal(processId) is { } reason)
            return $"{what}: {reason}";

        return ReadNumber("/proc/sys/kernel/yama/ptrace_scope") switch
        {
            1 => $"{what}: kernel.yama.ptrace_scope is 1, so that only a parent process may trace. Run this as root (sudo), "
                + "or allow it until the next reboot: sudo sysctl kernel.yama.ptrace_scope=0.",
            2 => $"{what}: kernel.yama.ptrace_scope is 2, so that only root may trace. Run this as root (sudo).",
            3 => $"{what}: kernel.yama.ptrace_scope is 3, so that no process may trace until the machine is rebooted with another value.",
            _ => $"{what}. In a container, allow it: docker run --cap-add=SYS_PTRACE, or capabilities.add: [SYS_PTRACE] in Kubernetes.",
        };
    }

    /// <summary>Explains why this user may not inspect a process, and what to do; null if the user may.</summary>
    internal static string? Refusal(int processId)
    {
        if (MayRead(processId))
            return null;
        bool isOwn = StatusOf("self", "Uid:") == StatusOf(processId.ToString(CultureInfo.InvariantCulture), "Uid:");
        return Refusal(Environment.IsPrivilegedProcess, isOwn);
    }

    /// <param name="isRoot">Whether the user is root.</param>
    /// <param name="isOwn">Whether the process belongs to this user.</param>
    internal static string Refusal(bool isRoot, bool isOwn) => (isRoot, isOwn) switch
    {
        (true, _) => "it has capabilities that even root does not have here, in a container or a user namespace. Run this outside of it.",
        (false, true) => "it is yours, but has more rights than you, or forbids inspection. Run this as root (sudo).",
        _ => "it belongs to another user. Run this as that user, or as root (sudo).",
    };

    private static int? TracerOf(int processId) =>
        StatusOf(processId.ToString(CultureInfo.InvariantCulture), "TracerPid:") is > 0 and int tracer ? tracer : null;

    /// <summary>The first number in a line of a process's status; null if it cannot be read.</summary>
    private static int? StatusOf(string process, string name)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{process}/status")
                .FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
            return int.TryParse(line?[name.Length..].Trim().Split('\t')[0], CultureInfo.InvariantCulture, out int number) ? number : null;
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

    /// <summary>Whether this user may inspect a process; true if the process is gone.</summary>
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

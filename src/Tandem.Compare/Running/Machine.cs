using System.Runtime.InteropServices;

namespace Tandem.Compare.Running;

/// <summary>Describes the machine on which the figures were measured.</summary>
internal static class Machine
{
    internal static string Describe() =>
        $"{Amount.Of(WorkerPool.DefaultWorkerCount, "processor")} ({Processor()}), {RuntimeInformation.OSDescription.Trim()}, "
        + $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.ProcessArchitecture}";

    private static string Processor()
    {
        const string CpuInfo = "/proc/cpuinfo";
        string? line = File.Exists(CpuInfo)
            ? File.ReadLines(CpuInfo).FirstOrDefault(static text => text.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':') + 1)..].Trim() ?? "model unknown";
    }
}

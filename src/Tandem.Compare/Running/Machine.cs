using System.Runtime.InteropServices;

namespace Tandem.Compare.Running;

/// <summary>What the figures were measured on.</summary>
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

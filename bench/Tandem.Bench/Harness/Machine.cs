using System.Runtime.InteropServices;

namespace Tandem.Bench.Harness;

/// <summary>What the figures were measured on.</summary>
internal static class Machine
{
    internal static string Describe() =>
        $"{Environment.ProcessorCount} processors ({Processor()}), {RuntimeInformation.OSDescription.Trim()}, "
        + $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.ProcessArchitecture}, {(IsOptimized ? "Release" : "DEBUG: figures mean nothing")}";

    private static bool IsOptimized =>
#if DEBUG
        false;
#else
        true;
#endif

    private static string Processor()
    {
        const string CpuInfo = "/proc/cpuinfo";
        string? line = File.Exists(CpuInfo)
            ? File.ReadLines(CpuInfo).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':') + 1)..].Trim() ?? "model unknown";
    }
}

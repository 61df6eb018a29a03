using System.Runtime.InteropServices;
using Tandem.Interop;

namespace Tandem.Tests.Infrastructure;

/// <summary>How a process that dies ends on this system: by a signal on Unix, and with an exit code on Windows.</summary>
/// <param name="Signal">The name of the signal; null for an exit.</param>
/// <param name="Code">The exit code; null for a signal.</param>
internal sealed record ExpectedExit(string? Signal, int? Code)
{
    /// <summary>Whether this is Wine, which does not end processes as Windows does.</summary>
    private static bool IsWine { get; } = OperatingSystem.IsWindows() && NativeLibrary.TryGetExport(NativeLibrary.Load("ntdll"), "wine_get_version", out _);

    /// <summary>The ways to die that end a process here. Under Wine, a program of .NET whose stack overflows does not end.</summary>
    internal static IEnumerable<Death> Deaths => Enum.GetValues<Death>().Where(static death => death != Death.StackOverflow || !IsWine);

    /// <summary>Of a program that has an unhandled exception.</summary>
    internal static ExpectedExit UnhandledException => On("SIGABRT", 0xE0434352);

    /// <summary>The only code of RaiseFailFastException under Wine; Windows has the code of the exception that is passed.</summary>
    private const uint FailFastException = 0xC0000602;

    /// <summary>The exit code that <see cref="System.Diagnostics.Process.ExitCode"/> returns for it.</summary>
    internal int ProcessExitCode => Code ?? 128 + SignalNames.NumberOf(Signal!);

    internal static ExpectedExit Of(Death death) => death switch
    {
        Death.Killed => On("SIGKILL", 0xFFFFFFFF), // on Windows by Process.Kill
        Death.SegmentationFault => On("SIGSEGV", IsWine ? FailFastException : 0xC0000005),
        Death.ExitZero => new ExpectedExit(null, 0),
        Death.ExitFortyTwo => new ExpectedExit(null, 42),
        Death.FailFast => On("SIGABRT", IsWine ? FailFastException : 0x80131623),
        Death.StackOverflow => On("SIGABRT", 0xC00000FD),
        _ => throw new ArgumentOutOfRangeException(nameof(death), death, null),
    };

    private static ExpectedExit On(string signal, uint windows) =>
        OperatingSystem.IsWindows() ? new ExpectedExit(null, unchecked((int)windows)) : new ExpectedExit(signal, null);
}

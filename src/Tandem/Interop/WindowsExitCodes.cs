namespace Tandem.Interop;

/// <summary>
/// What exit codes on Windows mean. If an exception ends a process, the process has the exception's code: an NTSTATUS of Windows, or a code
/// of the .NET runtime. Exit codes on other systems are 0 to 255, so these codes are not ambiguous.
/// </summary>
internal static class WindowsExitCodes
{
    /// <summary>
    /// The code of processes that this library terminates. Bit 29 is set, as for all codes that Windows does not define itself.
    /// </summary>
    internal const int Terminated = unchecked((int)0xE0544B4C);

    /// <summary>The code of <see cref="System.Diagnostics.Process.Kill()"/>. A program may also exit with this code itself.</summary>
    internal const int ProcessKill = -1;

    private const uint ControlC = 0xC000013A;
    private const uint TerminatedBySystem = 0x40010004;

    /// <summary>Describes a code: a failure in hexadecimal with its name, any other code as a number.</summary>
    internal static string Describe(int code)
    {
        string? name = NameOf(code);
        // No program uses such a number as an exit code of its own.
        bool isStatus = name is not null || code < short.MinValue;
        string text = isStatus ? $"0x{unchecked((uint)code):X8}" : code.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return name is null ? text : $"{text} ({name})";
    }

    /// <summary>Whether another program, the system or the user ended the process, and not the process itself.</summary>
    internal static bool IsFromOutside(int code) => unchecked((uint)code) is ControlC or TerminatedBySystem;

    /// <summary>Whether the code says that memory ran out.</summary>
    internal static bool IsOutOfMemory(int code) => unchecked((uint)code) is 0xC0000017 or 0xC000012D or 0x8007000E or 0x8013153D;

    /// <summary>Returns the name of a code; null if it is not known.</summary>
    internal static string? NameOf(int code) => unchecked((uint)code) switch
    {
        // Windows: ntstatus.h
        0xC0000005 => "access violation",
        0xC0000006 => "a page of a file could not be read",
        0xC0000017 => "out of memory",
        0xC000001D => "illegal instruction",
        0xC0000025 => "an exception could not be continued from",
        0xC000007B => "invalid image format, such as a native library for another architecture",
        0xC000008E => "floating-point division by zero",
        0xC0000094 => "integer division by zero",
        0xC0000095 => "integer overflow",
        0xC0000096 => "privileged instruction",
        0xC00000FD => "stack overflow",
        0xC000012D => "out of memory: the commitment limit was reached",
        0xC0000135 => "a DLL was not found",
        0xC0000138 or 0xC0000139 => "a function of a DLL was not found",
        ControlC => "Ctrl+C",
        0xC0000142 => "a DLL could not be initialized",
        0xC0000374 => "heap corruption",
        0xC0000409 => "fast fail, such as abort or a stack buffer overrun",
        0xC0000420 => "assertion failure",
        0xC0000602 => "fail-fast exception",
        0x80000003 => "breakpoint",
        TerminatedBySystem => "terminated by the system or a debugger",
        // Compilers and the .NET runtime: corerror.h, corhost.h
        0xE06D7363 => "unhandled C++ exception",
        0xE0434352 => "unhandled .NET exception",
        0x80131506 => "internal error of the .NET runtime",
        0x80131623 => "Environment.FailFast",
        0x8013153D => "out of memory",
        0x8007000E => "out of memory",
        0x80008083 => "the .NET host was not found",
        0x80008096 => "a framework that the program needs was not found",
        unchecked((uint)Terminated) => "terminated by its pool",
        _ => null,
    };
}

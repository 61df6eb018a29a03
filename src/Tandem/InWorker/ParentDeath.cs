using System.Runtime.InteropServices;
using Tandem.Interop;

namespace Tandem.InWorker;

/// <summary>
/// Handles the signal that the kernel sends to a worker when the thread that started it has ended (PR_SET_PDEATHSIG). This works in any
/// state of the worker's runtime. SIGKILL would kill only the worker and leave the processes that it has started. So another signal is
/// used, whose handler kills the worker's whole process group.
/// </summary>
/// <remarks>
/// The handler can run on any thread and interrupt any code: native code, a garbage collection, a thread that holds a lock of the
/// runtime. Managed code must not run there. So the handler is a few instructions of machine code with two system calls.
/// </remarks>
internal static unsafe class ParentDeath
{
    /// <summary>
    /// A real-time signal that neither the runtime nor the C library uses. It terminates a process that does not handle it.
    /// </summary>
    private const int Signal = 60;

    private const int CodeSize = 64;

    private static bool s_isArmed;

    /// <summary>Sets the signal of the main thread. Called before anything else is started.</summary>
    internal static void Arm()
    {
        s_isArmed = true;
        int signal = TryHandle() ? Signal : Libc.SIGKILL;
        _ = Libc.Prctl(Libc.PR_SET_PDEATHSIG, signal, 0, 0, 0);
    }

    /// <summary>
    /// Sets SIGCONT as the signal of another thread that lives as long as the process. Each thread has its own signal, and a stopped
    /// process (SIGSTOP) handles none until it continues.
    /// </summary>
    internal static void ArmContinue()
    {
        if (s_isArmed)
            _ = Libc.Prctl(Libc.PR_SET_PDEATHSIG, Libc.SIGCONT, 0, 0, 0);
    }

    private static bool TryHandle()
    {
        byte* code = stackalloc byte[CodeSize];
        int length = Assemble(code, Environment.ProcessId);
        if (length == 0)
            return false;

        nint page = Libc.Mmap(
            0, Environment.SystemPageSize, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        if (page == -1)
            return false;

        Buffer.MemoryCopy(code, (void*)page, CodeSize, length);
        // Some systems do not allow a process to run code that it has generated. Such systems can only run .NET with an interpreter.
        if (Libc.Mprotect(page, Environment.SystemPageSize, Libc.PROT_READ | Libc.PROT_EXEC) != 0)
        {
            _ = Libc.Munmap(page, Environment.SystemPageSize);
            return false;
        }

        var action = new Libc.SignalAction { Handler = page, Flags = Libc.SA_RESTART | Libc.SA_ONSTACK };
        return Libc.SetSignalAction(Signal, &action, null) == 0;
    }

    /// <summary>
    /// Assembles kill(-id, SIGKILL); kill(id, SIGKILL); return. Returns the length, or 0 if the processor is not supported.
    /// </summary>
    private static int Assemble(byte* code, int id)
    {
        byte* at = code;
        switch (RuntimeInformation.ProcessArchitecture)
        {
            case Architecture.X64:
                Put(0xB8, 62); // mov eax, kill
                Put(0xBF, -id); // mov edi, -id
                Put(0xBE, Libc.SIGKILL); // mov esi, SIGKILL
                *at++ = 0x0F; // syscall
                *at++ = 0x05;
                Put(0xB8, 62);
                Put(0xBF, id);
                *at++ = 0x0F;
                *at++ = 0x05;
                *at++ = 0xC3; // ret
                break;

            case Architecture.Arm64:
                Word(0xD2801028); // mov x8, kill (129)
                Word(0x52800121); // mov w1, SIGKILL
                Load(-id);
                Word(0xD4000001); // svc 0
                Load(id);
                Word(0xD4000001);
                Word(0xD65F03C0); // ret
                break;
        }

        return (int)(at - code);

        void Put(byte operation, int value)
        {
            *at++ = operation;
            *(int*)at = value;
            at += sizeof(int);
        }

        void Word(uint instruction)
        {
            *(uint*)at = instruction;
            at += sizeof(uint);
        }

        // mov w0, value
        void Load(int value)
        {
            Word(0x52800000 | ((uint)value & 0xFFFF) << 5);
            Word(0x72A00000 | (uint)value >> 16 << 5);
        }
    }
}

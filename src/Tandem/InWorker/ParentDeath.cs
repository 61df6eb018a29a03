using System.Runtime.InteropServices;
using Tandem.Interop;

namespace Tandem.InWorker;

/// <summary>
/// What the kernel does to a worker when the thread that started it is gone, whatever state the worker's runtime is in: it sends a signal
/// (PR_SET_PDEATHSIG). SIGKILL would end the worker alone, and leave behind what the worker has started. So the signal is one with a
/// handler, which ends the worker's whole process group.
/// </summary>
/// <remarks>
/// The handler runs on any thread, in the middle of anything: in native code, in a garbage collection, on a thread that holds a lock of
/// the runtime. Nothing managed may run there. So it is a few instructions of machine code: two system calls.
/// </remarks>
internal static unsafe class ParentDeath
{
    /// <summary>A real-time signal that neither the runtime nor the C library uses, and that ends a process which does not handle it.</summary>
    private const int Signal = 60;

    private const int CodeSize = 64;

    private static bool s_isArmed;

    /// <summary>On the main thread, before anything else is started.</summary>
    internal static void Arm()
    {
        s_isArmed = true;
        int signal = TryHandle() ? Signal : Libc.SIGKILL;
        _ = Libc.Prctl(Libc.PR_SET_PDEATHSIG, signal, 0, 0, 0);
    }

    /// <summary>On another thread that lives as long as the process: each thread has a signal of its own, and a process that was stopped (SIGSTOP) handles none until it goes on.</summary>
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

        nint page = Libc.Mmap(0, Environment.SystemPageSize, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        if (page == -1)
            return false;

        Buffer.MemoryCopy(code, (void*)page, CodeSize, length);
        // Some systems allow no code that was written by the process itself; those do not run .NET either, but for an interpreter.
        if (Libc.Mprotect(page, Environment.SystemPageSize, Libc.PROT_READ | Libc.PROT_EXEC) != 0)
        {
            _ = Libc.Munmap(page, Environment.SystemPageSize);
            return false;
        }

        var action = new Libc.SignalAction { Handler = page, Flags = Libc.SA_RESTART | Libc.SA_ONSTACK };
        return Libc.SetSignalAction(Signal, &action, null) == 0;
    }

    /// <summary>kill(-id, SIGKILL); kill(id, SIGKILL); return. The length, or 0 for a processor that is not known.</summary>
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

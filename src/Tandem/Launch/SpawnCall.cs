using System.Runtime.InteropServices;
using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>The parameters of posix_spawn for one process.</summary>
internal sealed unsafe class SpawnCall : IDisposable
{
    /// <summary>For tests: makes this class behave as with an earlier C library.</summary>
    internal const string EarlierLibrarySwitch = "Tandem.EarlierLibrary";

    private const short SetGroup = 2;
    private const short SetSignalDefault = 4;
    private const short SetSignalMask = 8;

    /// <summary>Larger than the structures of any C library on Linux (glibc: 80 and 336 bytes).</summary>
    private const int OpaqueSize = 1024;

    private const int SignalsSize = 128;

    private readonly byte* _actions = (byte*)NativeMemory.AllocZeroed(OpaqueSize);
    private readonly byte* _attributes = (byte*)NativeMemory.AllocZeroed(OpaqueSize);
    private readonly NativeStrings _arguments;
    private readonly NativeStrings _variables;

    /// <param name="plan">The program, its arguments and its current folder.</param>
    /// <param name="environment">The complete environment.</param>
    /// <param name="descriptors">The descriptors that become 1, 2 and so on. Descriptor 0 is /dev/null.</param>
    internal SpawnCall(LaunchPlan plan, Dictionary<string, string> environment, ReadOnlySpan<int> descriptors)
    {
        _ = Libc.SpawnActionsInit(_actions);
        _ = Libc.SpawnActionsAddOpen(_actions, 0, "/dev/null", 0, 0);
        for (int i = 0; i < descriptors.Length; i++)
            _ = Libc.SpawnActionsAddDup2(_actions, descriptors[i], i + 1);

        byte* signals = stackalloc byte[SignalsSize];
        _ = Libc.SpawnAttributesInit(_attributes);
        _ = Libc.SpawnAttributesSetFlags(_attributes, SetGroup | SetSignalDefault | SetSignalMask);
        _ = Libc.SpawnAttributesSetGroup(_attributes, 0);
        NativeMemory.Clear(signals, SignalsSize);
        _ = Libc.SpawnAttributesSetSignalMask(_attributes, signals);
        NativeMemory.Fill(signals, SignalsSize, 0xFF); // this runtime ignores SIGPIPE and other signals, and a child would inherit that
        _ = Libc.SpawnAttributesSetSignalDefault(_attributes, signals);
        _arguments = new NativeStrings([plan.Executable, .. plan.Arguments]);
        _variables = new NativeStrings(Assignments(environment));
        if (plan.Folder is not null)
            ChangeFolder(plan.Folder);
    }

    /// <summary>Starts the process. Returns 0 or an error number.</summary>
    internal int Run(out int processId)
    {
        int pid;
        int result = Libc.PosixSpawn(&pid, *_arguments.Pointer, _actions, _attributes, _arguments.Pointer, _variables.Pointer);
        processId = pid;
        return result;
    }

    public void Dispose()
    {
        _ = Libc.SpawnActionsDestroy(_actions);
        _ = Libc.SpawnAttributesDestroy(_attributes);
        NativeMemory.Free(_actions);
        NativeMemory.Free(_attributes);
        _arguments.Dispose();
        _variables.Dispose();
    }

    /// <exception cref="WorkerStartException">The C library cannot start a process in another folder.</exception>
    private void ChangeFolder(string folder)
    {
        try
        {
            if (IsEarlierLibrary)
                throw new EntryPointNotFoundException();

            _ = Libc.SpawnActionsAddChangeFolder(_actions, folder);
        }
        catch (EntryPointNotFoundException e)
        {
            Dispose(); // the constructor fails
            throw new WorkerStartException(
                $"A worker could not be started in the folder '{folder}': the C library of this system has no "
                + "posix_spawn_file_actions_addchdir_np. That requires glibc 2.29 or musl 1.1.24. Use a newer system, or start this program "
                + "in that folder.",
                e);
        }
    }

    private static bool IsEarlierLibrary => AppContext.TryGetSwitch(EarlierLibrarySwitch, out bool isEarlier) && isEarlier;

    private static string[] Assignments(Dictionary<string, string> variables)
    {
        var assignments = new string[variables.Count];
        int i = 0;
        foreach ((string name, string value) in variables)
            assignments[i++] = $"{name}={value}";

        return assignments;
    }
}

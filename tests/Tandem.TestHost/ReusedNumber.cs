using System.Diagnostics;
using System.Globalization;
using Tandem.Launch;

namespace Tandem.TestHost;

/// <summary>A worker's number belongs to another process when the worker is signalled. Only where numbers of processes can be chosen.</summary>
internal static class ReusedNumber
{
    private const string LastNumber = "/proc/sys/kernel/ns_last_pid";
    private const int SIGKILL = 9;

    /// <summary>Says what became of the other process: <c>lives</c>, or <c>killed</c>.</summary>
    internal static async Task<string> RunAsync(string kernel)
    {
        if (kernel == "earlier")
            AppContext.SetSwitch(ChildProcess.EarlierKernelSwitch, true);

        while (true)
        {
            using Process worker = Process.Start("sleep", "1000");
            var signalled = new RuntimeChild(worker.Id);
            var unaware = new RuntimeChild(worker.Id);
            worker.Kill();
            await worker.WaitForExitAsync(); // and is reaped

            using Process? other = StartAs(worker.Id);
            if (other is not null)
                return await SignalAsync(signalled, unaware, other);

            // Another thread of this program has the number, perhaps for good. It cannot have that of another worker.
            signalled.EndGroup();
            unaware.EndGroup();
        }
    }

    private static async Task<string> SignalAsync(RuntimeChild signalled, RuntimeChild unaware, Process other)
    {
        signalled.EndGroup();
        unaware.Signal(SIGKILL);
        try
        {
            await other.StandardInput.WriteLineAsync("go on");
            await other.StandardInput.FlushAsync();
        }
        catch (IOException)
        {
            // It is gone.
        }

        return await other.StandardOutput.ReadLineAsync() ?? "killed";
    }

    /// <summary>A process with this number, which leads a group of its own; null if the number was taken before.</summary>
    private static Process? StartAs(int id)
    {
        File.WriteAllText(LastNumber, (id - 1).ToString(CultureInfo.InvariantCulture));
        var info = new ProcessStartInfo("setsid", ["sh", "-c", "echo ready; read line; echo lives"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        Process process = Process.Start(info)!;
        process.StandardOutput.ReadLine();
        if (process.Id == id)
            return process;

        process.Kill();
        process.WaitForExit();
        process.Dispose();
        return null;
    }
}

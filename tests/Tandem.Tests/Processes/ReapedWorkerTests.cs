using System.Diagnostics;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Processes;

/// <summary>
/// How workers end is known, or said to be unknown, also where the runtime reaps every child: as the first process of a container, on a terminal or
/// not, and where SIGCHLD was ignored when the program was started.
/// </summary>
public sealed class ReapedWorkerTests
{
    private static readonly string[] FirstProcess = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];

    public static TheoryData<string, string, string> Cases()
    {
        var cases = new TheoryData<string, string, string>();
        foreach (string place in (string[])["first", "first-on-terminal", "ignored"])
        {
            foreach (string kind in (string[])["shared-memory", "portable"])
            {
                cases.Add(place, kind, "this");
                if (kind == "shared-memory")
                    cases.Add(place, kind, "earlier");
            }
        }

        return cases;
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(Cases))]
    public async Task How_workers_end_is_never_told_wrong_where_the_runtime_reaps_them(string place, string kind, string kernel)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The runtime reaps all children on Linux.");
        Assert.SkipWhen(place != "ignored" && !Runs([.. FirstProcess, "true"]), "Namespaces of processes cannot be made here.");
        string[] command = [HostProgram.FilePath, "exits", kind, kernel];
        using HostProgram program = HostProgram.StartCommand(place switch
        {
            "first" => [.. FirstProcess, .. command],
            "first-on-terminal" => ["script", "--quiet", "--return", "--command", string.Join(' ', (string[])[.. FirstProcess, .. command]), "/dev/null"],
            _ => ["/bin/sh", "-c", "trap '' CHLD; exec \"$@\"", "sh", .. command],
        });

        // On a terminal, .NET writes something of its own before.
        string line = await program.ReadLineAsync();
        string[] ends = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim().Split(' ');
        bool isExact = kind == "portable" || (kernel == "this" && Environment.OSVersion.Version >= new Version(6, 15));
        Assert.Equal(12, ends.Length);
        for (int i = 0; i < ends.Length; i++)
        {
            string right = i % 2 == 0 ? "7" : "SIGKILL";
            Assert.True(ends[i] == right || (!isExact && ends[i] == "unknown"), string.Join(' ', ends));
        }
    }

    [Theory(Timeout = Limits.Test)]
    [InlineData("this")]
    [InlineData("earlier")]
    public async Task A_process_that_has_got_a_workers_number_is_never_signalled(string kernel)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux lets the next number of a process be chosen.");
        Assert.SkipUnless(
            Runs([.. FirstProcess, "sh", "-c", "echo 100 > /proc/sys/kernel/ns_last_pid"]), "Numbers of processes cannot be chosen here.");
        using HostProgram program = HostProgram.StartCommand([.. FirstProcess, HostProgram.FilePath, "reuse", "portable", kernel]);

        Assert.Equal("lives", await program.ReadLineAsync());
    }

    private static bool Runs(string[] words)
    {
        try
        {
            using Process process = Process.Start(words[0], words[1..]);
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // there is no such program
        }
    }
}

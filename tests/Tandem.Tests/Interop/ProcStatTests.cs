using System.Text;
using CsCheck;
using Tandem.Interop;

namespace Tandem.Tests.Interop;

/// <summary>What is read of the kernel's line about a process, whatever name the process gave itself.</summary>
public sealed class ProcStatTests
{
    [Fact]
    public void Whatever_a_name_holds_the_fields_behind_it_are_found() =>
        Gen.Select(
            Gen.String[0, 15], Gen.Char["RSDTZXtI"], Gen.Long[0, 1L << 60], Gen.Long[0, 1L << 40], Gen.Long[0, 1L << 40], Gen.Int[1, 40_000], Gen.Long[0, 1L << 60]).Sample(
            static (name, state, faults, user, kernel, threads, started) =>
            {
                string known = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(name));
                string line = $"4711 ({known}) {state} 1 2 3 4 5 6 {faults} 8 9 10 {user} {kernel} 16 17 18 19 {threads} 21 {started} 23 24\n";
                ProcStat stat = Assert.NotNull(ProcStat.Parse(Encoding.UTF8.GetBytes(line)));
                Assert.Equal((known, state, faults, threads, started), (stat.Name, stat.State, stat.PageFaults, stat.Threads, stat.Started));
                Assert.Equal((user + kernel) / 100.0, stat.ProcessorTime.TotalSeconds, 1e-3 * Math.Max(1, (user + kernel) / 1e9));
                Assert.Equal(state is 'Z' or 'X', stat.HasEnded);
            });

    [Fact]
    public void What_is_no_such_line_is_none() =>
        Gen.Byte.Array[0, 60].Sample(static bytes => Assert.Null(ProcStat.Parse(bytes)));

    [Fact]
    public void A_process_that_there_is_not_has_none()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There is no /proc.");
        Assert.Null(ProcStat.OfProcess(int.MaxValue));
        Assert.False(ProcStat.OfProcess(Environment.ProcessId)!.Value.HasEnded);
        Assert.Equal('R', ProcStat.OfThread(Environment.ProcessId, Libc.GetThreadId())!.Value.State);
    }
}

using System.CommandLine;
using System.Runtime.Versioning;

namespace Tandem.Tool.Lab;

/// <summary>The command <c>tandem lab</c>. Its code is loaded when it runs, not when the tool starts.</summary>
[SupportedOSPlatform("linux")]
internal static class LabCommand
{
    internal static Command Create()
    {
        var names = new Argument<string[]>("experiments")
        {
            Description = "The experiments to run; all by default.",
            Arity = ArgumentArity.ZeroOrMore
        };
        var quick = new Option<bool>("--quick") { Description = "Rough figures, in a fraction of the time." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var report = new Option<string?>("--report")
        {
            Description = "Write an HTML page with plots to this file.",
            HelpName = "file.html"
        };
        names.Validators.Add(UsageErrors.RefuseOptions);
        var command = new Command(
            "lab",
            """
            Measures the facts behind the choice between threads and processes.

            Each experiment tests whether a common claim holds on this machine, or reports
            that the machine is too busy to tell. It measures in rounds, and checks how
            much processor time other programs use meanwhile.

            Experiments:
              start   what it takes to create a thread, a process, a worker
              memory  what one more thread and one more process cost
              switch  the cost of switching between threads and between processes
              talk    shared heap, shared memory, pipe, socket, from 16 B to 64 MiB
              crash   what survives when one worker dies
              race    what threads do to data without a lock, and what each remedy costs
              stack   every thread's own stack, and what threads share
              pc      every thread's own program counter, and that it continues where it stopped
              cpu     the machine's cores and caches, and where workers run
              web     one server of many threads against several processes

            Examples:
              tandem lab
              tandem lab start switch --report lab.html
              tandem lab race --json

            docs/threads-and-processes.md explains each. Exit codes: 0 done, 1 an experiment failed, 2 wrong usage, 130 Ctrl+C.
            """)
        {
            names, quick, json, report,
        };
        command.SetAction((parsed, cancellationToken) => LabRun.RunAsync(
            new LabRequest(parsed.GetValue(names) ?? [], parsed.GetValue(quick), parsed.GetValue(json), parsed.GetValue(report)),
            cancellationToken));
        return command;
    }
}

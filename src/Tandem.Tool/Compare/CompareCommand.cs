using System.CommandLine;
using System.Runtime.Versioning;

namespace Tandem.Tool.Compare;

/// <summary>The command <c>tandem compare</c>. Its code is loaded when it runs, not when the tool starts.</summary>
[SupportedOSPlatform("linux")]
internal static class CompareCommand
{
    internal static Command Create()
    {
        var options = new CompareCommandOptions();
        var command = new Command(
            "compare",
            """
            Measures work on threads and in processes, and recommends one.

            The same work runs on threads, in processes, and in processes × threads, over several worker counts.

            Examples:
              tandem compare assemblies
              tandem compare allocate --workers 1,2,4 --seconds 30
              tandem compare MyApp.dll --method MyApp.Importer.Import --items 'data/*.json'
              tandem compare MyLib.dll --method MyLib.Text.Score --items-from lines.txt --json
              tandem compare MyApp.dll --method MyApp.Jobs.Run --count 100 --kill --report report.html

            Built-in work:
              assemblies  reads, hashes and counts the .NET assemblies of this machine (or those of --items)
              numeric     computes, and allocates nothing
              allocate    builds and drops many small objects
              wait        waits 10 ms, as if for a network response

            Your own work: a static method that takes a string (--items, --items-from), an int (--count) or nothing, and returns anything
            or a Task. It is called many times, on several threads at once.

            Exit codes: 0 done, 1 the work failed, 2 wrong usage, 130 Ctrl+C.
            """);
        options.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CompareRun.RunAsync(options.Read(parsed), cancellationToken));
        return command;
    }
}

using System.CommandLine;
using ScanAssemblies;
using Tandem;

var folder = new Argument<string?>("folder")
{
    Description = "The folder to scan, with all below it. Default: this machine's .NET installation.",
    Arity = ArgumentArity.ZeroOrOne,
};
var workers = new Option<int>("--workers")
{
    Description = "How many threads, and how many processes. Default: the processors that this process may use.",
    DefaultValueFactory = _ => WorkerPool.DefaultWorkerCount,
};
workers.Validators.Add(result =>
{
    if (result.Tokens is [{ Value: var value }] && !(int.TryParse(value, out int count) && count is >= 1 and <= 256))
        result.AddError($"--workers is '{value}'; it must be a number between 1 and 256.");
});
var json = new Option<string?>("--json") { Description = "Also writes the result to this file, as JSON.", HelpName = "FILE" };
var command = new RootCommand("Scans .NET assemblies with a plain loop, on threads and in processes, of which one is killed half-way.")
{
    folder,
    workers,
    json,
};
command.SetAction((arguments, cancellation) => Scan.RunAsync(
    arguments.GetValue(folder), arguments.GetValue(workers), arguments.GetValue(json), cancellation));

ParseResult arguments = command.Parse(args);
if (arguments.Errors.Count == 0)
    return await arguments.InvokeAsync();

foreach (string message in arguments.Errors.Select(error => error.Message).Distinct())
    Console.Error.WriteLine(message);

Console.Error.WriteLine("Try --help.");
return ExitCode.BadUsage;

using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Tandem.Tool.Compare;

/// <summary>The command-line options of <c>tandem compare</c>.</summary>
internal sealed class CompareCommandOptions
{
    private const int MostWorkers = 1024;

    private readonly Argument<string> _workload = new("work")
    {
        Description = "assemblies, numeric, allocate or wait; or the .dll with your own method."
    };

    private readonly Option<string?> _method = New<string?>("--method", "name", "Your method: Namespace.Type.Method.");
    private readonly Option<string[]> _items = New<string[]>(
        "--items",
        "pattern",
        "Files, one item per file: the method gets the file's path. ** matches any folders. Put the pattern in quotes.");

    private readonly Option<string?> _itemsFrom = New<string?>("--items-from", "file", "A file with one item per line.");
    private readonly Option<int?> _count = New<int?>("--count", "n", "The items are the numbers from 0 to n-1.");
    private readonly Option<string?> _workers = New<string?>(
        "--workers",
        "n,n,...",
        "How many items run at once. Default: 1, 2, 4 ... up to twice the processors, and up to eight times for work that waits.");

    private readonly Option<int> _repeat = New("--repeat", "n", "How often each configuration is measured. Default: 5.", 5);
    private readonly Option<double> _seconds = New("--seconds", "s", "About how long all measurements may take. Default: 90.", 90.0);
    private readonly Option<bool> _kill = new("--kill")
    {
        Description = "Also kill a worker of each configuration while it works, and count what is lost."
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print JSON." };
    private readonly Option<string?> _report = New<string?>("--report", "file", "Write a page with plots to this file (HTML).");

    internal CompareCommandOptions()
    {
        _items.AllowMultipleArgumentsPerToken = true;
        _workload.Validators.Add(UsageErrors.RefuseOptions);
        _count.Validators.Add(result => CheckRange(result, "--count", 1, 100_000_000));
        _repeat.Validators.Add(result => CheckRange(result, "--repeat", 2, 100));
        _seconds.Validators.Add(result => CheckRange(result, "--seconds", 0.1, 86_400));
        _workers.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var text }] && Numbers(text) is null)
                result.AddError($"--workers is '{text}'; it must be numbers between 1 and {MostWorkers}, such as 1,2,4.");
        });
    }

    internal void AddTo(Command command)
    {
        command.Arguments.Add(_workload);
        System.CommandLine.Option[] options = [_method, _items, _itemsFrom, _count, _workers, _repeat, _seconds, _kill, _json, _report];
        foreach (System.CommandLine.Option option in options)
            command.Options.Add(option);
    }

    internal CompareRequest Read(ParseResult parsed) => new(
        parsed.GetValue(_workload)!,
        parsed.GetValue(_method),
        parsed.GetValue(_items) ?? [],
        parsed.GetValue(_itemsFrom),
        parsed.GetValue(_count),
        parsed.GetValue(_workers) is { } workers ? Numbers(workers) : null,
        parsed.GetValue(_repeat),
        parsed.GetValue(_seconds),
        parsed.GetValue(_kill),
        parsed.GetValue(_json),
        parsed.GetValue(_report));

    private static Option<T> New<T>(string name, string help, string description) =>
        new(name) { HelpName = help, Description = description };

    private static Option<T> New<T>(string name, string help, string description, T usual)
    {
        Option<T> option = New<T>(name, help, description);
        option.DefaultValueFactory = _ => usual;
        return option;
    }

    private static void CheckRange(OptionResult result, string name, double least, double most)
    {
        if (result.Tokens is [{ Value: var text }]
            && !(double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                && value >= least
                && value <= most))
        {
            result.AddError(string.Create(
                CultureInfo.InvariantCulture, $"{name} is '{text}'; it must be a number between {least} and {most}."));
        }
    }

    private static int[]? Numbers(string text)
    {
        var numbers = new List<int>();
        foreach (string part in text.Split(','))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number is < 1 or > MostWorkers)
                return null;

            numbers.Add(number);
        }

        return [.. numbers.Distinct().Order()];
    }
}

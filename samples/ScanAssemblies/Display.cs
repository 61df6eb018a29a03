using System.Globalization;
using Spectre.Console;

namespace ScanAssemblies;

/// <summary>Shows how far a run is: bars on a terminal, plain lines anywhere else.</summary>
internal abstract class Display
{
    /// <summary>Whether somebody watches who wants more than plain text (https://no-color.org).</summary>
    internal static bool IsLive =>
        !Console.IsOutputRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") != "dumb";

    internal static IAnsiConsole CreateConsole(bool live)
    {
        if (live)
            return AnsiConsole.Console;

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(Console.Out),
        });
        // A file has no edge at which a line must be broken.
        if (Console.IsOutputRedirected)
            console.Profile.Width = 1000;

        return console;
    }

    internal static Task<T> ShowAsync<T>(IAnsiConsole console, bool live, Func<Display, Task<T>> body) => live
        ? console.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(context => body(new Bars(context)))
        : body(new Lines(console));

    /// <summary>A new run over so many files.</summary>
    internal abstract void Start(string name, int files);

    /// <summary>One more file is done.</summary>
    internal abstract void Step();

    private sealed class Bars(ProgressContext context) : Display
    {
        private ProgressTask? _task;

        internal override void Start(string name, int files) => _task = context.AddTask(name, maxValue: files);

        internal override void Step() => _task!.Increment(1);
    }

    private sealed class Lines(IAnsiConsole console) : Display
    {
        private string _name = "";
        private int _files;
        private int _done;

        internal override void Start(string name, int files) => (_name, _files, _done) = (name, files, 0);

        internal override void Step()
        {
            _done++;
            int quarter = _done * 4 / _files;
            if (quarter > (_done - 1) * 4 / _files)
                console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_name,-9} {quarter * 25,3} %  {_done:N0} of {_files:N0} files"));
        }
    }
}

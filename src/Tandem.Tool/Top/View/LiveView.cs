using System.Globalization;
using System.Runtime.Versioning;
using Tandem.Compare;
using Tandem.Tool.Stacks;
using Tandem.Tool.Top.Watching;

namespace Tandem.Tool.Top.View;

/// <summary>The live view, and its keys.</summary>
[SupportedOSPlatform("linux")]
internal sealed class LiveView(TimeSpan interval, int? only, Arrangement arrangement)
{
    private static readonly string[] Help =
    [
        "up, down, PgUp, PgDn    select a line",
        "s, Enter                show the stacks of the selected worker or program",
        "o                       order workers by id, cpu, memory, items, age, switches",
        "r                       reverse the order",
        "/                       filter by a text in name, item or state; Esc clears the filter",
        "p, space                pause, and continue",
        "e                       the last events of workers, with their reasons",
        "Esc                     back; clear the filter; quit",
        "q                       back, or quit",
        "",
        "AGE      how long the item has been running",
        "ITEMS/S  items that the worker finished",
        "CPU%     of one core; for a program without its worker processes",
        "MEM      private memory; threads share their program's memory",
        "CSW/S    context switches per second, voluntary and involuntary",
        "latency  from the submission of an item to its completion: median, and p99",
    ];

    private Arrangement _arrangement = arrangement;
    private bool _isTyping;
    private bool _isPaused;
    private bool _isQuitting;
    private int _selected;
    private int _top;
    private Page? _page;
    private TopReport? _report;
    private List<(ScreenLine Line, RowTarget Target)> _rows = [];
    private Terminal _terminal = null!; // set when the view runs

    internal async Task RunAsync()
    {
        using var terminal = new Terminal();
        _terminal = terminal;
        var watch = new MachineWatch(interval, only, terminal.Touch);
        await using (watch.ConfigureAwait(false))
        {
            long due = 0;
            while (!_isQuitting && !terminal.Stopped.IsCancellationRequested)
            {
                long now = Environment.TickCount64;
                bool isEmpty = _report is not { Programs.Count: > 0 };
                if (now >= due || (isEmpty && watch.HasPools))
                {
                    due = now + (long)interval.TotalMilliseconds;
                    await watch.AttendAsync().ConfigureAwait(false);
                    if (!_isPaused || _report is null)
                        _report = watch.Report();
                    if (only is { } id && !ProcFs.Exists(id))
                        throw new TopException($"process {id} has ended.");
                }

                while (terminal.NextKey is { } key)
                    Press(key);

                Draw();
                // Samples arrive by themselves; only the first one is waited for.
                await terminal.WaitAsync(TimeSpan.FromMilliseconds(Math.Clamp(due - Environment.TickCount64, 1, 60_000)))
                    .ConfigureAwait(false);
            }
        }
    }

    private void Draw()
    {
        (int width, int height) = Terminal.Size;
        List<ScreenLine> lines = [];
        if (_page is { } page)
        {
            page.Draw(lines, width, height);
        }
        else
        {
            var view = new TopView(_arrangement.Of(_report!));
            _rows = view.Rows(width, _selected);
            if (_selected >= _rows.Count && _rows.Count > 0)
            {
                _selected = _rows.Count - 1;
                _rows = view.Rows(width, _selected);
            }

            int room = height - 3;
            _top = Math.Clamp(_top, Math.Max(0, _selected - room + 1), Math.Max(0, _selected));
            _top = Math.Min(_top, Math.Max(0, _rows.Count - room));
            lines.Add(Title());
            lines.Add(TopView.Header(width));
            lines.AddRange(_rows.Skip(_top).Take(room).Select(static row => row.Line));
            if (_rows.Count == 0)
                lines.Add(new ScreenLine().Add(Nothing(), Look.Dim));
            if (only is null)
            {
                lines.AddRange(_report!.Notes.Take(height - 1 - lines.Count)
                    .Select(static note => new ScreenLine().Add($"Not shown: {note}", Look.Dim)));
            }

            while (lines.Count < height - 1)
                lines.Add(new ScreenLine());
            lines.Add(Footer());
        }

        _terminal.Draw(lines);
    }

    private string Nothing() => _arrangement.Filter.Length > 0 && _report!.Programs.Count > 0 ? TopRunner.NothingLike(_arrangement.Filter)
        : only is { } id ? TopRunner.MissingPools(id, _report!) : "No Tandem pool on this machine yet.";

    private ScreenLine Title()
    {
        int pools = _report!.Programs.Sum(static program => program.Pools.Count);
        int workers = _report.Programs.Sum(static program => program.Pools.Sum(static pool => pool.Workers.Count));
        string summary = string.Create(
            CultureInfo.InvariantCulture,
            $"  {_report.Time:HH:mm:ss}  {Amount.Of(pools, "pool")}, {Amount.Of(workers, "worker")}");
        ScreenLine line = new ScreenLine().Add("tandem top", Look.Bold).Add(summary);
        line.Add($"  by {_arrangement.Order.ToString().ToLowerInvariant()}{(_arrangement.IsReversed ? ", reversed" : "")}", Look.Dim);
        if (_arrangement.Filter.Length > 0)
            line.Add($"  filter '{_arrangement.Filter}'", Look.Warning);
        if (_isPaused)
            line.Add("  PAUSED", Look.Bad);

        return line;
    }

    private ScreenLine Footer() => _isTyping
        ? new ScreenLine().Add("Filter: ", Look.Bold).Add(_arrangement.Filter + "_").Add("   Enter keep, Esc clear", Look.Dim)
        : new ScreenLine().Add("q quit  s stacks  o order  r reverse  / filter  p pause  e events  h help", Look.Dim);

    private void Press(ConsoleKeyInfo key)
    {
        if (_isTyping)
            Type(key);
        else if (_page is { } page)
            Turn(page, key);
        else
            Choose(key);
    }

    private void Type(ConsoleKeyInfo key)
    {
        switch (key.Key)
        {
            case ConsoleKey.Enter:
                _isTyping = false;
                break;
            case ConsoleKey.Escape:
                _isTyping = false;
                Filter("");
                break;
            case ConsoleKey.Backspace:
                Filter(_arrangement.Filter.Length > 0 ? _arrangement.Filter[..^1] : "");
                break;
            default:
                if (!char.IsControl(key.KeyChar) && key.KeyChar != 0)
                    Filter(_arrangement.Filter + key.KeyChar);
                break;
        }
    }

    private void Filter(string text)
    {
        _arrangement = _arrangement with { Filter = text };
        _selected = 0;
    }

    private void Turn(Page page, ConsoleKeyInfo key)
    {
        switch (key)
        {
            case { Key: ConsoleKey.Escape } or { KeyChar: 'q' }:
                _page = null;
                break;
            case { KeyChar: 's' } when page.Target is { } target:
                ShowStacks(target);
                break;
            default:
                page.Scroll(Step(key));
                break;
        }
    }

    private void Choose(ConsoleKeyInfo key)
    {
        switch (key)
        {
            case { Key: ConsoleKey.Escape } when _arrangement.Filter.Length > 0:
                Filter("");
                break;
            case { KeyChar: 'q' } or { Key: ConsoleKey.Escape }:
                _isQuitting = true;
                break;
            case { KeyChar: 'o' }:
                _arrangement = _arrangement with
                {
                    Order = (SortOrder)(((int)_arrangement.Order + 1) % Enum.GetValues<SortOrder>().Length)
                };
                break;
            case { KeyChar: 'r' }:
                _arrangement = _arrangement with { IsReversed = !_arrangement.IsReversed };
                break;
            case { KeyChar: '/' }:
                _isTyping = true;
                break;
            case { KeyChar: 'p' or ' ' }:
                _isPaused = !_isPaused;
                break;
            case { KeyChar: 'h' or '?' }:
                _page = new Page("Keys and columns", Help);
                break;
            case { KeyChar: 'e' }:
                string[] changes = [.. new TopView(_report!).Changes()];
                _page = new Page("Events of workers, the latest first", changes.Length > 0 ? changes : ["Nothing."]);
                break;
            case ({ KeyChar: 's' } or { Key: ConsoleKey.Enter }) when _selected < _rows.Count:
                ShowStacks(_rows[_selected].Target);
                break;
            default:
                _selected = Math.Clamp(_selected + Step(key), 0, Math.Max(0, _rows.Count - 1));
                break;
        }
    }

    private static int Step(ConsoleKeyInfo key) => key switch
    {
        { Key: ConsoleKey.UpArrow } or { KeyChar: 'k' } => -1,
        { Key: ConsoleKey.DownArrow } or { KeyChar: 'j' } => 1,
        { Key: ConsoleKey.PageUp } => -10,
        { Key: ConsoleKey.PageDown } => 10,
        { Key: ConsoleKey.Home } => -1_000_000,
        { Key: ConsoleKey.End } => 1_000_000,
        _ => 0,
    };

    private void ShowStacks(RowTarget target)
    {
        var page = new Page($"Stacks: {target.Title}", ["Reading the stacks ..."]) { Target = target };
        _page = page;
        _ = Task.Run(() =>
        {
            page.Lines = StackText.Of(target.ProcessId, target.ThreadId);
            _terminal.Touch();
        });
    }

    /// <summary>A page of text that is shown instead of the pools.</summary>
    private sealed class Page(string title, IReadOnlyList<string> lines)
    {
        private int _top;

        internal RowTarget? Target { get; init; }

        internal IReadOnlyList<string> Lines { get; set; } = lines;

        internal void Scroll(int step) => _top = Math.Clamp(_top + step, 0, Math.Max(0, Lines.Count - 1));

        internal void Draw(List<ScreenLine> screen, int width, int height)
        {
            string[] wrapped = [.. Lines.SelectMany(line => Wrap(line, width))];
            _top = Math.Min(_top, Math.Max(0, wrapped.Length - (height - 2)));
            screen.Add(new ScreenLine().Add(title, width, Look.Title));
            foreach (string line in wrapped.Skip(_top).Take(height - 2))
                screen.Add(new ScreenLine().Add(line, line.StartsWith(' ') ? Look.Plain : Look.Bold));
            while (screen.Count < height - 1)
                screen.Add(new ScreenLine());
            screen.Add(new ScreenLine().Add(Target is null ? "q back  up/down scroll" : "q back  up/down scroll  s read again", Look.Dim));
        }

        private static IEnumerable<string> Wrap(string line, int width)
        {
            const string Indent = "        ";
            for (; line.Length > width; line = Indent + line[width..])
                yield return line[..width];

            yield return line;
        }
    }
}

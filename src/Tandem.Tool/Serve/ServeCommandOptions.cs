using System.CommandLine;
using System.Globalization;
using System.Runtime.Versioning;
using Tandem.Serve;

namespace Tandem.Tool.Serve;

/// <summary>The command-line options of <c>tandem serve</c>.</summary>
/// <remarks>
/// All options are parsed from text here. Otherwise the runtime would have to compile most of the option parser for each type of value,
/// because no library can contain precompiled code for generic types over types of another one (ReadyToRun), and the application's first
/// start would wait for it.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class ServeCommandOptions
{
    private static readonly ValueKind WholeNumber = new(static text => Number(text) is not null, "a whole number");
    private static readonly ValueKind Workers = new(static text => Range(text) is not null, "a whole number, or two such as 2:8");
    private static readonly ValueKind LongNumber = new(static text => Long(text) is not null, "a whole number");
    private static readonly ValueKind AnyNumber = new(static text => Part(text) is not null, "a number");
    private static readonly ValueKind Time = new(static text => Duration(text) is not null, "a time such as 500ms, 30s, 5m or 2h");
    private static readonly ValueKind Address = new(
        static text => Quantity.Address(text) is not null, "a port from 0 to 65535, or an address with one such as *:9090");
    private static readonly ValueKind Bytes = new(static text => Size(text) is not null, "a size such as 500M or 2G");

    private readonly Option<string?> _workers = Add(
        "--workers",
        "n|min:max",
        "Worker processes. With two numbers such as 2:8, the load selects the number: "
            + "workers are added while requests wait for blocked threads. Default: the number of processors.",
        Workers,
        "-w");
    private readonly Option<string?> _scaleWait = Add(
        "--scale-wait",
        "time",
        "With --workers min:max: how long work must have waited for a thread before workers are added. Default: 100ms.",
        Time);
    private readonly Option<string?> _scaleDown = Add(
        "--scale-down-after",
        "time",
        "With --workers min:max: how long nothing must have waited before a worker is removed. Default: 60s.",
        Time);
    private readonly Option<string?> _spares = Add(
        "--spares", "n", "Extra workers that are started ahead of time and replace a worker that crashes. Default: 0.", WholeNumber);
    private readonly Option<string?> _standbys = Add(
        "--standbys",
        "n",
        "Processes that wait before the application's Main, to become workers when they are needed. Default: 1.",
        WholeNumber);
    private readonly Option<string?> _threads = Add<string?>(
        "--threads",
        "min:max",
        "Bounds of each worker's thread pool, such as 8:64, or one number for both. Default: the runtime's bounds; "
            + "a minimum of 2 if there are at least as many workers as processors.");
    private readonly Option<string[]> _urls = Add<string[]>(
        "--urls",
        "urls",
        "The addresses to listen on, separated by semicolons; http://unix:/path for a Unix socket. Default: the application's own.");
    private readonly Option<string?> _directory = Add<string?>(
        "--directory", "path", "The application's current folder, where it finds its content. Default: the current folder.");
    private readonly Option<string?> _environment = Add<string?>(
        "--env-file",
        "path",
        "A file of environment variables for the workers, one NAME=value per line; read at the start and at each reload.");
    private readonly Option<string?> _health = Add<string?>(
        "--health", "path", "A new worker serves only after this path answers with 2xx or 3xx. The request's host is 'localhost'.");
    private readonly Option<string?> _warmUp = Add<string?>(
        "--warm-up",
        "path",
        "A path that is requested once from each new worker before it serves; 'none' for no request. "
            + "Default: /, or none if --health is set.");
    private readonly Option<string?> _attach = Add(
        "--attach-timeout",
        "time",
        "How long the application's process may take to build a host that Tandem can attach to. Default: 30s.",
        Time);
    private readonly Option<string?> _start = Add(
        "--start-timeout", "time", "How long a worker may take to become ready. Default: 60s.", Time);
    private readonly Option<string?> _drain = Add(
        "--drain-timeout", "time", "How long a worker may take to drain and exit; then it is killed. Default: 30s.", Time);
    private readonly Option<string?> _shutdown = Add(
        "--shutdown-timeout",
        "time",
        "Extra time for the application's own shutdown, after requests that are not done within --drain-timeout are aborted. Default: 0.",
        Time);
    private readonly Option<string?> _delay = Add(
        "--drain-delay",
        "time",
        "How long the server keeps serving after it was told to stop (TERM), while /healthz/ready already answers 503. Default: 0.",
        Time);
    private readonly Option<string?> _silence = Add(
        "--keep-alive-silence",
        "time",
        "The minimum time that a keep-alive connection must be silent before a draining worker closes it. Default: 1s.",
        Time);
    private readonly Option<string?> _hang = Add(
        "--hang-timeout",
        "time",
        "A worker is replaced if its process shows no sign of life for this long, "
            + "or if work waits for its thread pool for this long; 0 for never. Default: 30s.",
        Time);
    private readonly Option<string?> _requestTimeout = Add(
        "--request-timeout",
        "time",
        "A request is aborted if it makes no progress for this long, that is, "
            + "if the application neither reads nor writes a part of a body; 0 for never. Default: 0.",
        Time);
    private readonly Option<string?> _requestGrace = Add(
        "--request-grace", "time", "How long an aborted request may keep its thread before its worker is replaced. Default: 5s.", Time);
    private readonly Option<string[]> _requestExcept = Add<string[]>(
        "--request-timeout-except", "path", "A path at and below which --request-timeout does not apply; may be given more than once.");
    private readonly Option<string?> _requests = Add(
        "--max-requests", "n", "The number of requests after which a worker accepts no more and is replaced.", LongNumber);
    private readonly Option<string?> _memory = Add(
        "--max-memory", "size", "The private memory at which a worker is replaced, such as 500M.", Bytes);
    private readonly Option<string?> _age = Add("--max-age", "time", "The age at which a worker is replaced.", Time);
    private readonly Option<string?> _jitter = Add(
        "--jitter",
        "part",
        "How far below these limits each worker's own limit may be, as a fraction, "
            + "so that the workers do not reach them at the same time. Default: 0.1.",
        AnyNumber);
    private readonly Option<string?> _restartLimit = Add(
        "--restart-limit",
        "n",
        "After this many failed starts of a worker in a period, it is started only once in each period. Default: 5.",
        WholeNumber);
    private readonly Option<string?> _restartPeriod = Add(
        "--restart-period", "time", "The period for --restart-limit. Default: 30s.", Time);
    private readonly Option<string?> _minUptime = Add(
        "--min-uptime", "time", "A worker that exits earlier than this counts as a failed start. Default: 5s.", Time);
    private readonly Option<string[]> _once = Add<string[]>(
        "--once", "type", "A hosted service that runs in one worker only: the name of its type.");
    private readonly Option<string?> _sticky = Add<string?>(
        "--sticky",
        "cookie|address",
        "Route all requests of one client to one worker, which SignalR and Blazor Server need: by a cookie, "
            + "or by the client's address. Default: off.");
    private readonly Option<string?> _orphans = Add<string?>(
        "--orphans", "drain|serve", "What workers do when the supervisor is killed. Default: drain.");
    private readonly Option<bool> _wholeMemory = Add<bool>(
        "--undivided-memory", "", "Let each worker assume that the whole container's memory is available to it.");
    private readonly Option<string?> _profile = Add<string?>(
        "--start-profile",
        "path",
        "A file that lists the code that a worker's start needs, which makes later starts faster; 'none' for no file. "
            + "Default: a file in the user's cache folder.");
    private readonly Option<bool> _dumps = Add<bool>("--dumps", "", "Workers that crash write a dump.");
    private readonly Option<string?> _metrics = Add(
        "--metrics-port",
        "[address:]port",
        "Serve metrics for Prometheus at /metrics, and probes at /healthz/live and /healthz/ready, "
            + "on the loopback interface or on an address such as *:9090.",
        Address);
    private readonly Option<string?> _log = Add<string?>(
        "--log-file", "path", "A file for all output; USR1 reopens it. Default: standard output.");

    internal Argument<string[]> Application { get; } = new("application")
    {
        Description =
            "The application's .dll or executable, or, after --, the command that starts it. What follows goes to the application.",
        Arity = ArgumentArity.OneOrMore,
    };

    internal void AddTo(Command command)
    {
        command.Options.Add(_workers);
        command.Options.Add(_scaleWait);
        command.Options.Add(_scaleDown);
        command.Options.Add(_spares);
        command.Options.Add(_standbys);
        command.Options.Add(_threads);
        command.Options.Add(_urls);
        command.Options.Add(_directory);
        command.Options.Add(_environment);
        command.Options.Add(_health);
        command.Options.Add(_warmUp);
        command.Options.Add(_attach);
        command.Options.Add(_start);
        command.Options.Add(_drain);
        command.Options.Add(_shutdown);
        command.Options.Add(_delay);
        command.Options.Add(_silence);
        command.Options.Add(_hang);
        command.Options.Add(_requestTimeout);
        command.Options.Add(_requestGrace);
        command.Options.Add(_requestExcept);
        command.Options.Add(_requests);
        command.Options.Add(_memory);
        command.Options.Add(_age);
        command.Options.Add(_jitter);
        command.Options.Add(_restartLimit);
        command.Options.Add(_restartPeriod);
        command.Options.Add(_minUptime);
        command.Options.Add(_once);
        command.Options.Add(_sticky);
        command.Options.Add(_orphans);
        command.Options.Add(_wholeMemory);
        command.Options.Add(_profile);
        command.Options.Add(_dumps);
        command.Options.Add(_metrics);
        command.Options.Add(_log);
    }

    /// <exception cref="ServeException">A value is not allowed.</exception>
    internal ServeOptions Read(ParseResult parsed, string? control)
    {
        (int minThreads, int maxThreads) = Threads(parsed.GetValue(_threads));
        (int Min, int Max)? workers = parsed.GetValue(_workers) is { } range ? Range(range) : null;
        bool scales = workers is { } between && between.Min != between.Max;
        var defaults = new ServeOptions { Command = parsed.GetValue(Application)! };
        ServeOptions options = defaults with
        {
            Folder = parsed.GetValue(_directory),
            Workers = workers?.Min ?? defaults.Workers,
            MinWorkers = scales ? workers!.Value.Min : null,
            MaxWorkers = scales ? workers!.Value.Max : null,
            ScaleWait = Duration(parsed.GetValue(_scaleWait)) ?? defaults.ScaleWait,
            ScaleDownAfter = Duration(parsed.GetValue(_scaleDown)) ?? defaults.ScaleDownAfter,
            Spares = Number(parsed.GetValue(_spares)) ?? defaults.Spares,
            Standbys = Number(parsed.GetValue(_standbys)) ?? defaults.Standbys,
            MinThreads = minThreads,
            MaxThreads = maxThreads,
            Urls =
            [
                .. (parsed.GetValue(_urls) ?? [])
                    .SelectMany(static urls => urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            ],
            EnvironmentFile = parsed.GetValue(_environment),
            HealthPath = parsed.GetValue(_health),
            WarmUpPath = parsed.GetValue(_warmUp) switch
            {
                null => parsed.GetValue(_health) is null ? defaults.WarmUpPath : null,
                "none" => null,
                var path => path
            },
            AttachTimeout = Duration(parsed.GetValue(_attach)) ?? defaults.AttachTimeout,
            StartTimeout = Duration(parsed.GetValue(_start)) ?? defaults.StartTimeout,
            DrainTimeout = Duration(parsed.GetValue(_drain)) ?? defaults.DrainTimeout,
            ShutdownTimeout = Duration(parsed.GetValue(_shutdown)) ?? defaults.ShutdownTimeout,
            DrainDelay = Duration(parsed.GetValue(_delay)) ?? defaults.DrainDelay,
            KeepAliveSilence = Duration(parsed.GetValue(_silence)) ?? defaults.KeepAliveSilence,
            HangTimeout = Duration(parsed.GetValue(_hang)) ?? defaults.HangTimeout,
            RequestTimeout = Duration(parsed.GetValue(_requestTimeout)) ?? defaults.RequestTimeout,
            RequestGrace = Duration(parsed.GetValue(_requestGrace)) ?? defaults.RequestGrace,
            RequestTimeoutExcept = parsed.GetValue(_requestExcept) ?? [],
            MaxRequests = Long(parsed.GetValue(_requests)),
            MaxMemory = Size(parsed.GetValue(_memory)),
            MaxAge = Duration(parsed.GetValue(_age)),
            Jitter = Part(parsed.GetValue(_jitter)) ?? defaults.Jitter,
            RestartLimit = Number(parsed.GetValue(_restartLimit)) ?? defaults.RestartLimit,
            RestartPeriod = Duration(parsed.GetValue(_restartPeriod)) ?? defaults.RestartPeriod,
            MinUptime = Duration(parsed.GetValue(_minUptime)) ?? defaults.MinUptime,
            Once = parsed.GetValue(_once) ?? [],
            Sticky = parsed.GetValue(_sticky) switch
            {
                null => StickyMode.None,
                "cookie" => StickyMode.Cookie,
                "address" => StickyMode.Address,
                var other => throw Bad(_sticky, other, "'cookie' or 'address'"),
            },
            OrphansServe = parsed.GetValue(_orphans) switch
            {
                null or "drain" => false,
                "serve" => true,
                var other => throw Bad(_orphans, other, "'drain' or 'serve'"),
            },
            DividesMemory = !parsed.GetValue(_wholeMemory),
            StartProfile = parsed.GetValue(_profile) switch
            {
                null => null,
                "none" => "",
                "" => throw Bad(_profile, "", "a path, or 'none'"),
                var path => Path.GetFullPath(path)
            },
            CollectDumps = parsed.GetValue(_dumps),
            ControlPath = control,
            MetricsAddress = parsed.GetValue(_metrics) is { } metrics ? Quantity.Address(metrics) : null,
            LogFile = parsed.GetValue(_log),
        };
        Check(options);
        return options;
    }

    private void Check(ServeOptions options)
    {
        Require(options.Workers is >= 1 and <= 128, _workers, options.Workers, "1 to 128");
        Require(options.MaxWorkers is null or <= 128, _workers, options.MaxWorkers, "1 to 128");
        Require(
            options.MaxWorkers is null || options.MaxWorkers > options.MinWorkers,
            _workers,
            $"{options.MinWorkers}:{options.MaxWorkers}",
            "two numbers of which the second is larger");
        Require(options.ScaleWait >= TimeSpan.FromMilliseconds(1), _scaleWait, options.ScaleWait, "at least 1ms");
        Require(options.ScaleDownAfter > TimeSpan.Zero, _scaleDown, options.ScaleDownAfter, "more than 0");
        Require(
            options.RequestTimeout == TimeSpan.Zero || options.RequestTimeout >= TimeSpan.FromMilliseconds(100),
            _requestTimeout,
            options.RequestTimeout,
            "at least 100ms, or 0");
        foreach (string path in options.RequestTimeoutExcept)
        {
            Require(
                path is ['/', ..] && !path.Contains('\x1f', StringComparison.Ordinal) && !path.Contains('\n', StringComparison.Ordinal),
                _requestExcept,
                path,
                "a path that begins with /");
        }

        Require(options.Spares is >= 0 and <= 64, _spares, options.Spares, "0 to 64");
        Require(options.Standbys is >= 0 and <= 64, _standbys, options.Standbys, "0 to 64");
        Require(options.HealthPath is null or ['/', ..], _health, options.HealthPath, "a path that begins with /");
        Require(options.WarmUpPath is null or ['/', ..], _warmUp, options.WarmUpPath, "a path that begins with /, or 'none'");
        Require(options.AttachTimeout > TimeSpan.Zero, _attach, options.AttachTimeout, "more than 0");
        Require(options.StartTimeout > TimeSpan.Zero, _start, options.StartTimeout, "more than 0");
        Require(options.MaxRequests is null or >= 1, _requests, options.MaxRequests, "at least 1");
        Require(options.MaxMemory is null or >= 16 << 20, _memory, options.MaxMemory, "at least 16M");
        Require(options.Jitter is >= 0 and <= 0.9, _jitter, options.Jitter, "0 to 0.9");
        Require(options.RestartLimit >= 1, _restartLimit, options.RestartLimit, "at least 1");
        foreach (string url in options.Urls)
        {
            if (!url.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
                && !url.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            {
                throw Bad(_urls, url, "addresses that begin with http:// or https://");
            }
        }
    }

    private static void Require(bool condition, System.CommandLine.Option option, object? value, string expected)
    {
        if (!condition)
            throw Bad(option, value, expected);
    }

    private static ServeException Bad(System.CommandLine.Option option, object? value, string expected) =>
        new(ServeExitCode.Usage, string.Create(CultureInfo.InvariantCulture, $"{option.Name} must be {expected}, not '{value}'."));

    private (int Min, int Max) Threads(string? text)
    {
        if (text is null)
            return (0, 0);

        string[] bounds = text.Split(':');
        return bounds.Length <= 2
            && int.TryParse(bounds[0], CultureInfo.InvariantCulture, out int min)
            && int.TryParse(bounds[^1], CultureInfo.InvariantCulture, out int max)
            && min >= 1
            && max >= min
                ? (min, max)
                : throw Bad(_threads, text, "a number, or two such as 8:64");
    }

    private static Option<T> Add<T>(string name, string value, string description, params string[] aliases)
    {
        var option = new Option<T>(name, aliases) { Description = description };
        if (value.Length > 0)
            option.HelpName = value;

        return option;
    }

    private static Option<string?> Add(string name, string value, string description, ValueKind kind, params string[] aliases)
    {
        Option<string?> option = Add<string?>(name, value, description, aliases);
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && !kind.Accepts(text))
                UsageErrors.RefuseValue(result, text, kind.Expected);
        });
        return option;
    }

    /// <summary>Parses two numbers, or one number for both.</summary>
    private static (int Min, int Max)? Range(string text)
    {
        string[] bounds = text.Split(':');
        return bounds.Length <= 2 && Number(bounds[0]) is { } min && Number(bounds[^1]) is { } max ? (min, max) : null;
    }

    private static int? Number(string? text) => int.TryParse(text, CultureInfo.InvariantCulture, out int value) ? value : null;

    private static long? Long(string? text) => long.TryParse(text, CultureInfo.InvariantCulture, out long value) ? value : null;

    private static double? Part(string? text) => double.TryParse(text, CultureInfo.InvariantCulture, out double value) ? value : null;

    private static TimeSpan? Duration(string? text) => text is null ? null : Quantity.Duration(text);

    private static long? Size(string? text) => text is null ? null : Quantity.Size(text);

    /// <param name="Accepts">Whether a text is such a value.</param>
    /// <param name="Expected">A description of valid values, for users.</param>
    private sealed record ValueKind(Func<string, bool> Accepts, string Expected);
}

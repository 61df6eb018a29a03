namespace Tandem.Serve.Apps.Tests.Infrastructure;

/// <summary>How an application is run.</summary>
public enum Hosting
{
    /// <summary>As it is: one process, which listens by itself.</summary>
    Plain,

    /// <summary>By <c>tandem serve</c>, as two workers.</summary>
    Served,
}

/// <summary>An application as a user names it on a command line.</summary>
/// <param name="Words">What starts it, such as <c>dotnet App.dll</c> or <c>./App</c>.</param>
/// <param name="Folder">The current folder of who starts it.</param>
internal sealed record Application(string[] Words, string Folder)
{
    /// <summary>An address with a port that the system chooses, or of a Unix socket.</summary>
    internal string Url { get; init; } = "http://127.0.0.1:0";

    /// <summary>More options of <c>tandem serve</c>.</summary>
    internal string[] ServeOptions { get; init; } = [];

    /// <summary>Whether serve is told the whole command, behind <c>--</c>, and not only the application's file.</summary>
    internal bool IsServedAsCommand { get; init; }

    internal static Application Assembly(string folder, string name) => new(["dotnet", Path.Combine(folder, $"{name}.dll")], folder);

    internal string[] CommandLine(Hosting hosting, string controlPath) => hosting switch
    {
        Hosting.Plain => [.. Words, "--urls", Url],
        _ =>
        [
            "dotnet", Outputs.Tool, "serve", "--workers", "2", "--urls", Url, "--control", controlPath, .. ServeOptions,
            .. IsServedAsCommand ? ["--", .. Words] : Words[0] == "dotnet" ? Words[1..] : Words,
        ],
    };
}

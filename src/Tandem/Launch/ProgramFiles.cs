using System.Reflection;
using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>
/// The files of this program that its host was told of. A program is not always the one whose name they have: a test host runs with the
/// dependencies and the configuration of the test project, and <c>dotnet exec</c> takes any.
/// </summary>
internal static class ProgramFiles
{
    /// <summary>Options of the host that take a value and decide what a program loads.</summary>
    private static readonly string[] HostOptions =
    [
        DependenciesOption, ConfigurationOption, "--additionalprobingpath", "--additional-deps", "--fx-version", "--roll-forward",
        "--roll-forward-on-no-candidate-fx",
    ];

    private const string DependenciesOption = "--depsfile";
    private const string ConfigurationOption = "--runtimeconfig";
    private const string WorkerFile = "Tandem.Worker.dll";
    private const string DependenciesEnd = ".deps.json";
    private const string ConfigurationEnd = ".runtimeconfig.json";

    /// <summary>The entry assembly's file; empty in a single-file program.</summary>
    internal static string Entry =>
#pragma warning disable IL3000
        Assembly.GetEntryAssembly()!.Location;
#pragma warning restore IL3000

    /// <summary>The entry of workers; null where the program does not have it.</summary>
    internal static string? Worker
    {
        get
        {
            string beside = Path.Combine(AppContext.BaseDirectory, WorkerFile);
            return File.Exists(beside) ? beside : Trusted(WorkerFile);
        }
    }

    /// <summary>The first assembly of this file name that the host knows; null for none.</summary>
    internal static string? Trusted(string file)
    {
        string all = AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") as string ?? "";
        int at = all.IndexOf(Path.DirectorySeparatorChar + file, StringComparison.Ordinal);
        if (at < 0)
            return null;

        int start = all.LastIndexOf(Path.PathSeparator, at) + 1;
        string path = all[start..(at + 1 + file.Length)];
        return File.Exists(path) ? path : null;
    }

    /// <summary>
    /// The options with which the host runs another assembly as it runs this program; null where its configuration is not known, so that
    /// another assembly cannot be run like it.
    /// </summary>
    /// <param name="isMuxer">Whether <c>dotnet</c> runs this program; another host takes no options.</param>
    internal static List<string>? FindHostOptions(bool isMuxer)
    {
        List<string> options = isMuxer ? ReadCommandLine() : [];
        string? dependencies = ValueOf(options, DependenciesOption);
        if (dependencies is null && (AppContext.GetData("APP_CONTEXT_DEPS_FILES") as string)?.Split(';')[0] is { Length: > 0 } first && File.Exists(first))
        {
            dependencies = first;
            options.AddRange([DependenciesOption, first]);
        }

        if (ValueOf(options, ConfigurationOption) is not null)
            return options;

        string? configuration = Path.Combine(AppContext.BaseDirectory, Assembly.GetEntryAssembly()!.GetName().Name + ConfigurationEnd);
        if (!File.Exists(configuration))
        {
            // The build writes both files beside each other.
            configuration = dependencies is not null && dependencies.EndsWith(DependenciesEnd, StringComparison.Ordinal)
                ? dependencies[..^DependenciesEnd.Length] + ConfigurationEnd
                : null;
        }

        if (configuration is null || !File.Exists(configuration))
            return null;

        options.AddRange([ConfigurationOption, configuration]);
        return options;
    }

    private static string? ValueOf(List<string> options, string option)
    {
        int at = options.IndexOf(option);
        return at < 0 ? null : options[at + 1];
    }

    /// <summary>
    /// The options that the host itself was started with. The runtime does not hand them on, so they are read from the system, where it
    /// has them in a file.
    /// </summary>
    private static List<string> ReadCommandLine()
    {
        List<string> options = [];
        if (!OperatingSystem.IsLinux())
            return options;

        string[] words = Libc.CommandLine();
        int at = words.Length > 1 && words[1] == "exec" ? 2 : 1;
        for (; at + 1 < words.Length && Array.IndexOf(HostOptions, words[at]) >= 0; at += 2)
        {
            string value = words[at + 1];
            if (words[at] is DependenciesOption or ConfigurationOption)
            {
                // From where the program was started, which is not known any more when it has changed its current folder.
                if (!File.Exists(value))
                    continue;

                value = Path.GetFullPath(value);
            }
            else if (words[at] == "--additionalprobingpath" && Directory.Exists(value))
            {
                value = Path.GetFullPath(value);
            }

            options.AddRange([words[at], value]);
        }

        return options;
    }
}

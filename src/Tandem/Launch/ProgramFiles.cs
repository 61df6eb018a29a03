using System.Reflection;
using Tandem.Interop;

namespace Tandem.Launch;

/// <summary>
/// The files of this program that its host received. They are not always named after the program: a test host runs with the dependencies
/// and the configuration of the test project, and <c>dotnet exec</c> accepts any.
/// </summary>
internal static class ProgramFiles
{
    /// <summary>Options of the host that have a value and determine what a program loads.</summary>
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

    /// <summary>The file of the entry assembly; empty in a single-file program.</summary>
    internal static string Entry =>
#pragma warning disable IL3000
        Assembly.GetEntryAssembly()!.Location;
#pragma warning restore IL3000

    /// <summary>The entry assembly of workers; null if the program does not include it.</summary>
    internal static string? Worker
    {
        get
        {
            string beside = Path.Combine(AppContext.BaseDirectory, WorkerFile);
            return File.Exists(beside) ? beside : Trusted(WorkerFile);
        }
    }

    /// <summary>Returns the first assembly with this file name that the host knows; null for none.</summary>
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
    /// Returns the options with which the host runs another assembly in the same way as this program; null if the program's configuration
    /// is not known, so that this is not possible.
    /// </summary>
    /// <param name="isMuxer">Whether <c>dotnet</c> runs this program; other hosts accept no options.</param>
    internal static List<string>? FindHostOptions(bool isMuxer)
    {
        List<string> options = isMuxer ? ReadCommandLine() : [];
        string? dependencies = ValueOf(options, DependenciesOption);
        if (dependencies is null
            && (AppContext.GetData("APP_CONTEXT_DEPS_FILES") as string)?.Split(';')[0] is { Length: > 0 } first && File.Exists(first))
        {
            dependencies = first;
            options.AddRange([DependenciesOption, first]);
        }

        if (ValueOf(options, ConfigurationOption) is not null)
            return options;

        string? configuration = Path.Combine(AppContext.BaseDirectory, Assembly.GetEntryAssembly()!.GetName().Name + ConfigurationEnd);
        if (!File.Exists(configuration))
        {
            // The build writes both files to the same folder.
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
    /// Returns the options with which the host itself was started. The runtime does not provide them, so they are read from the system,
    /// where it offers them.
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
                // Relative to the folder in which the program was started. If the program has changed its current folder, that folder is
                // not known any more.
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

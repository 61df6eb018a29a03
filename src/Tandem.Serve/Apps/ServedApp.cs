using System.Text.Json;
using Tandem.Interop;
using Tandem.Serve.Os;

namespace Tandem.Serve.Apps;

/// <summary>The application as the user named it. Its files are looked up again for each reload, so that a new version is found.</summary>
internal sealed class ServedApp
{
    private const int OldestRuntime = 10;

    private readonly IReadOnlyList<string> _command;
    private readonly string? _folder;
    private readonly StartFolder _start;
    private readonly string? _environmentFile;

    /// <param name="command">The application and its arguments, as on a command line.</param>
    /// <param name="folder">The application's current folder; null for the folder in which the supervisor was started.</param>
    /// <param name="start">The folder in which the supervisor was started, to which paths are relative.</param>
    /// <param name="environmentFile">A file of environment variables; null for none.</param>
    internal ServedApp(IReadOnlyList<string> command, string? folder, StartFolder start, string? environmentFile)
    {
        if (command.Count == 0)
        {
            throw new ServeException(
                ServeExitCode.Usage,
                "There is no application to serve. Name its .dll, its executable or, after --, the command that starts it.");
        }

        _command = command;
        _folder = folder;
        _start = start;
        _environmentFile = environmentFile;
    }

    /// <summary>Looks up the current version.</summary>
    /// <exception cref="ServeException">The application does not exist, or cannot be served.</exception>
    internal ResolvedApp Resolve()
    {
        ResolvedApp app = FindFiles();
        return _environmentFile is null ? app : app with { Environment = EnvironmentFile.Read(FullPath(_environmentFile)) };
    }

    private ResolvedApp FindFiles()
    {
        string folder = Real(FindFolder());
        string[] rest = [.. _command.Skip(1)];
        string first = _command[0];
        if (Path.GetFileNameWithoutExtension(first).Equals("dotnet", StringComparison.Ordinal) && rest.Length > 0)
        {
            if (rest[0] is "run" or "watch")
            {
                throw new ServeException(
                    ServeExitCode.BadApplication,
                    $"'dotnet {rest[0]}' builds the application and starts it as a child process, which cannot be served. "
                    + "Build the application, and name its .dll.");
            }

            int at = rest[0] == "exec" ? 1 : 0;
            if (at < rest.Length)
                return OfAssembly(rest[at], [.. rest.Skip(at + 1)], folder);
        }

        return first.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)
            ? OfAssembly(first, rest, folder)
            : OfExecutable(first, rest, folder);
    }

    private ResolvedApp OfAssembly(string name, string[] arguments, string folder)
    {
        string path = Existing(name);
        string config = Path.ChangeExtension(path, ".runtimeconfig.json");
        if (!File.Exists(config))
        {
            throw new ServeException(
                ServeExitCode.BadApplication,
                $"'{name}' is not an application, because there is no {Path.GetFileName(config)} beside it. "
                + "Name the .dll of the web application, not of a library.");
        }

        Check(name, config);
        return new ResolvedApp(FindMuxer(), ["exec", path, .. arguments], folder, path, FullPath(name));
    }

    private ResolvedApp OfExecutable(string name, string[] arguments, string folder)
    {
        string path = Existing(name);
        string config = path + ".runtimeconfig.json";
        // A single file has no such file, and neither has native code (PublishAot). The latter is noticed when the hook does not run.
        if (File.Exists(config))
            Check(name, config);
        if ((File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) == 0)
            throw new ServeException(ServeExitCode.BadApplication, $"'{name}' is not executable.");

        return new ResolvedApp(path, arguments, folder, path, FullPath(name));
    }

    private string FindFolder()
    {
        if (_folder is not null)
        {
            string folder = FullPath(_folder);
            return Directory.Exists(folder)
                ? folder
                : throw new ServeException(ServeExitCode.BadApplication, $"The folder '{_folder}' (--directory) does not exist.");
        }

        return _start.Find() ?? throw new ServeException(
            ServeExitCode.BadApplication,
            $"The folder '{_start.Path}', in which `tandem serve` was started, is gone. "
            + "It is the application's current folder, because --directory is not set. "
            + "Create it again, or start the server with a --directory that will not be deleted.");
    }

    private string Existing(string name)
    {
        string path = FullPath(name);
        if (Directory.Exists(path))
        {
            throw new ServeException(
                ServeExitCode.BadApplication, $"'{name}' is a folder. Name the application's .dll or executable in it.");
        }

        return File.Exists(path) ? Real(path) : throw new ServeException(ServeExitCode.BadApplication, NotThere(name));
    }

    private string NotThere(string name) => Path.IsPathRooted(name) || _start.Find() is not null
        ? $"The application '{name}' does not exist."
        : $"The application '{name}' does not exist: the folder '{_start.Path}', in which `tandem serve` was started, is gone. "
            + "Create it again, or start the server from a folder that will not be deleted.";

    private string FullPath(string path) => Path.GetFullPath(path, _start.Find() ?? _start.Path);

    /// <summary>Resolves symbolic links, so that setting a link to a new version does not change the running one.</summary>
    private static string Real(string path) => Libc.RealPath(path) ?? path;

    private static void Check(string name, string config)
    {
        JsonElement options;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(config));
            options = document.RootElement.GetProperty("runtimeOptions").Clone();
        }
        catch (Exception e)
            when (e is JsonException or KeyNotFoundException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            throw new ServeException(ServeExitCode.BadApplication, $"'{config}' cannot be read: {e.Message}", e);
        }

        bool isWeb = false;
        string? version = null;
        foreach (string list in (ReadOnlySpan<string>)["frameworks", "includedFrameworks"])
        {
            if (!options.TryGetProperty(list, out JsonElement several))
                continue;

            foreach (JsonElement framework in several.EnumerateArray())
                Look(framework);
        }

        if (options.TryGetProperty("framework", out JsonElement single))
            Look(single);

        if (!isWeb)
        {
            throw new ServeException(
                ServeExitCode.BadApplication,
                $"'{name}' is not an ASP.NET Core application: it does not use the framework Microsoft.AspNetCore.App.");
        }

        bool isAnyNewer = TextOf(options, "rollForward")?.EndsWith("Major", StringComparison.OrdinalIgnoreCase) == true;
        if (version is not null && int.TryParse(version.Split('.')[0], out int major) && major < OldestRuntime && !isAnyNewer)
        {
            throw new ServeException(
                ServeExitCode.BadApplication,
                $"'{name}' runs on .NET {version}; tandem serve needs an application for .NET {OldestRuntime} "
                + "or newer (or one with rollForward: Major).");
        }

        if (options.TryGetProperty("configProperties", out JsonElement properties)
            && properties.TryGetProperty("System.StartupHookProvider.IsSupported", out JsonElement hooks)
            && hooks.ValueKind == JsonValueKind.False)
        {
            throw new ServeException(
                ServeExitCode.BadApplication,
                $"'{name}' was built without startup hooks, which tandem serve needs. "
                + "Build it with <StartupHookSupport>true</StartupHookSupport>, and without PublishTrimmed and PublishAot.");
        }

        void Look(JsonElement framework)
        {
            isWeb |= TextOf(framework, "name") == "Microsoft.AspNetCore.App";
            version ??= TextOf(framework, "version");
        }
    }

    private static string? TextOf(JsonElement element, string property) =>
        element.TryGetProperty(property, out JsonElement value) ? value.GetString() : null;

    private static string FindMuxer()
    {
        string?[] folders =
        [
            Path.GetDirectoryName(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH")),
            Path.GetFileName(Environment.ProcessPath) == "dotnet" ? Path.GetDirectoryName(Environment.ProcessPath) : null,
            Environment.GetEnvironmentVariable("DOTNET_ROOT"),
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator),
        ];
        return folders.Where(static folder => !string.IsNullOrEmpty(folder))
            .Select(static folder => Path.Combine(folder!, "dotnet")).FirstOrDefault(File.Exists)
            ?? throw new ServeException(
                ServeExitCode.BadApplication, "The command 'dotnet', which starts the application, was not found on the PATH.");
    }
}

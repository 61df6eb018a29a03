using System.Reflection;
using System.Text.Json;
using Tandem.Launch;

namespace Tandem.Compare.Methods;

/// <summary>
/// The file that a user named. A program is started instead of this one, with its own dependencies, frameworks and settings, and entered by
/// a startup hook, so that its Main never runs. Any other assembly is loaded into a process of this program.
/// </summary>
internal sealed class UserProgram
{
    private const int OldestRuntime = 10;

    private UserProgram(string path, LaunchPlan? plan, bool mustRollForward)
    {
        Path = path;
        Plan = plan;
        MustRollForward = mustRollForward;
    }

    /// <summary>The assembly.</summary>
    internal string Path { get; }

    /// <summary>How it is started; null for a library.</summary>
    internal LaunchPlan? Plan { get; }

    /// <summary>Whether it was built for an older runtime than Tandem's.</summary>
    private bool MustRollForward { get; }

    /// <exception cref="MethodException">The file does not exist, is not an assembly, or cannot be entered.</exception>
    internal static UserProgram Open(string file)
    {
        string path = System.IO.Path.GetFullPath(file);
        if (!File.Exists(path))
            throw new MethodException($"There is no file '{path}'.");

        // An executable that starts the assembly beside it.
        string beside = path + ".dll";
        if (!path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) && File.Exists(beside))
            path = beside;

        CheckAssembly(path);
        string config = System.IO.Path.ChangeExtension(path, ".runtimeconfig.json");
        return File.Exists(config) ? Program(path, config) : new UserProgram(path, null, mustRollForward: false);
    }

    internal void AddTo(ComparisonOptions options)
    {
        options.Plan = Plan;
        if (MustRollForward)
            options.Environment["DOTNET_ROLL_FORWARD"] = "LatestMajor";
    }

    internal MethodWorkload Work(string method, string[]? texts, int count) =>
        new(new MethodName(Path, method, Plan is not null), texts is null ? null : Running.Workload.Mix(texts), count);

    private static void CheckAssembly(string path)
    {
        try
        {
            _ = AssemblyName.GetAssemblyName(path);
        }
        catch (BadImageFormatException e)
        {
            throw new MethodException($"'{path}' is not a .NET assembly.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.SecurityException)
        {
            throw new MethodException($"'{path}' cannot be read: {e.Message}", e);
        }
    }

    private static UserProgram Program(string path, string config)
    {
        (bool selfContained, bool hooks, int runtime) = Read(config);
        if (!hooks)
        {
            throw new MethodException(
                $"'{path}' cannot be entered: startup hooks are disabled in {System.IO.Path.GetFileName(config)}. Build it with "
                + "<StartupHookSupport>true</StartupHookSupport>, or call Comparison.RunAsync from its code.");
        }

        string own = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path)!, "Tandem.dll");
        if (File.Exists(own) && ModuleVersion(own) != typeof(LaunchPlan).Module.ModuleVersionId)
        {
            throw new MethodException(
                $"'{path}' has another version of Tandem ({AssemblyName.GetAssemblyName(own).Version}) than this tool. "
                + "Use the tool of the same version, "
                + "or call Comparison.RunAsync from its code.");
        }

        string hook = File.Exists(own) ? nameof(Tandem) : typeof(LaunchPlan).Assembly.Location;
        string executable = selfContained ? System.IO.Path.ChangeExtension(path, null) : Muxer;
        string[] arguments = selfContained ? [] : ["exec", path];
        return new UserProgram(
            path, new LaunchPlan(executable, arguments, hook, [AppContext.BaseDirectory]), runtime < OldestRuntime && !selfContained);
    }

    // The tool does not contain a runtime.
    private static string Muxer => LaunchPlan.FindMuxer()!;

    private static Guid ModuleVersion(string path)
    {
        using FileStream file = File.OpenRead(path);
        using var reader = new System.Reflection.PortableExecutable.PEReader(file);
        System.Reflection.Metadata.MetadataReader metadata = System.Reflection.Metadata.PEReaderExtensions.GetMetadataReader(reader);
        return metadata.GetGuid(metadata.GetModuleDefinition().Mvid);
    }

    private static (bool SelfContained, bool Hooks, int Runtime) Read(string config)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(config));
            JsonElement options = document.RootElement.GetProperty("runtimeOptions");
            bool hooks = !options.TryGetProperty("configProperties", out JsonElement properties)
                || !properties.TryGetProperty("System.StartupHookProvider.IsSupported", out JsonElement hook)
                || hook.ValueKind != JsonValueKind.False;
            int runtime = int.MaxValue;
            foreach (JsonElement framework in Frameworks(options))
            {
                runtime = Math.Min(
                    runtime,
                    int.Parse(
                        framework.GetProperty("version").GetString()!.Split('.')[0], System.Globalization.CultureInfo.InvariantCulture));
            }

            return (options.TryGetProperty("includedFrameworks", out _), hooks, runtime);
        }
        catch (Exception e) when (e is IOException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new MethodException($"'{config}' cannot be read: {e.Message}", e);
        }
    }

    private static IEnumerable<JsonElement> Frameworks(JsonElement options)
    {
        if (options.TryGetProperty("framework", out JsonElement one))
            return [one];

        return options.TryGetProperty("frameworks", out JsonElement several) ? [.. several.EnumerateArray()] : [];
    }
}

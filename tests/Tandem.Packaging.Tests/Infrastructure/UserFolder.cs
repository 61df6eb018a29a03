namespace Tandem.Packaging.Tests.Infrastructure;

/// <summary>A folder of a user's, outside of this repository, with projects and programs.</summary>
internal sealed class UserFolder(string path, string version)
{
    internal string At(params string[] parts) => Path.Combine([path, .. parts]);

    /// <summary>The text of a program of this test project's folder Programs.</summary>
    internal static string Source(string name)
    {
        using var reader = new StreamReader(typeof(UserFolder).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    /// <summary>Writes a project with some of the sources: a program, or a library that a program loads.</summary>
    internal void AddProject(string name, bool isProgram, string[] packages, params string[] sources)
    {
        string kind = isProgram ? "<OutputType>Exe</OutputType>" : "<EnableDynamicLoading>true</EnableDynamicLoading>";
        string references = string.Concat(packages.Select(package => $"""<PackageReference Include="{package}" Version="{version}" />"""));
        AddProject(name, kind, references, sources);
    }

    /// <summary>Writes a project with some of the sources.</summary>
    /// <param name="name">Its name, which is its folder's too.</param>
    /// <param name="properties">Its properties, as in a project file.</param>
    /// <param name="items">Its items, as in a project file.</param>
    /// <param name="sources">The programs' sources that it has.</param>
    internal void AddProject(string name, string properties, string items, params string[] sources)
    {
        Directory.CreateDirectory(At(name));
        foreach (string source in sources)
            File.WriteAllText(At(name, source), Source(source));

        File.WriteAllText(At(name, $"{name}.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                {properties}
              </PropertyGroup>
              <ItemGroup>
                {items}
              </ItemGroup>
            </Project>
            """);
    }

    /// <summary>Writes the program as one file, with directives at its start.</summary>
    internal void AddFile(string name, params string[] directives)
    {
        string[] lines = [.. Source("Scenario.cs").Split('\n')];
        bool IsUsing(string line) => line.StartsWith("using ", StringComparison.Ordinal);
        File.WriteAllText(At(name), string.Join('\n',
            [$"#:package Tandem@{version}", .. directives, .. lines.Where(IsUsing), Source("Program.cs"), .. lines.Where(line => !IsUsing(line))]));
    }

    /// <summary>Runs a command of the SDK, which must succeed, unless packages of .NET itself are out of reach.</summary>
    internal async Task BuildAsync(params string[] words)
    {
        CommandRun run = await Shell.RunAsync(path, new Dictionary<string, string>(), ["dotnet", .. words]);
        run.SkipWhenPackagesAreOutOfReach();
        run.AssertSucceeded();
    }

    /// <summary>Runs a program, from another folder than its own.</summary>
    internal async Task<ProgramRun> RunAsync(IReadOnlyDictionary<string, string> variables, params string[] words)
    {
        string log = At($"main-{Guid.NewGuid():N}.log");
        CommandRun run = await Shell.RunAsync(
            Path.GetTempPath(), new Dictionary<string, string>(variables) { ["MAIN_LOG"] = log }, words);
        return new ProgramRun(run, File.Exists(log) ? File.ReadAllLines(log).Length : 0);
    }

    internal Task<ProgramRun> RunAsync(params string[] words) => RunAsync(new Dictionary<string, string>(), words);
}

/// <summary>A run of a user's program, and how often its Main was entered.</summary>
internal sealed record ProgramRun(CommandRun Command, int Mains)
{
    /// <summary>What the program prints when all that it tries works.</summary>
    internal const string Expected = $"MAIN\n{Scenario}END\n";

    /// <summary>What the scenario in it prints.</summary>
    internal const string Scenario = """
        lambda: captured 8, in another process: True
        async: on a pool's thread: True
        program: True
        map: 1
        map: 4
        map: 9
        map: 16
        crash: 3
        after the crash: 8

        """;

    internal string Output => Command.Output;

    internal void AssertEnded()
    {
        Command.AssertSucceeded();
        Command.AssertLeftNothing();
    }

    internal void AssertWorked()
    {
        // All of it is shown, where Assert.Equal would show the first characters.
        Assert.True(Command is { Errors: "", Output: Expected, ExitCode: 0 }, $"{Command.Line}\n{Command.Output}\n{Command.Errors}\nExit code {Command.ExitCode}.");
        Assert.Equal(1, Mains);
        Command.AssertLeftNothing();
    }
}

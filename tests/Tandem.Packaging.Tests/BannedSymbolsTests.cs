using System.Text.RegularExpressions;
using Tandem.Packaging.Tests.Infrastructure;

namespace Tandem.Packaging.Tests;

/// <summary>The build refuses what <c>eng/analyzers</c> bans: a line with a slip in it would ban nothing, and nobody would notice.</summary>
public sealed partial class BannedSymbolsTests : IDisposable
{
    private const string Lists = "eng/analyzers";

    /// <summary>One use of each banned symbol, in the order of the lists.</summary>
    private static readonly string[] Uses =
    [
        "_ = DateTime.Now;",
        "_ = DateTime.UtcNow;",
        "_ = DateTime.Today;",
        "_ = DateTimeOffset.Now;",
        "_ = DateTimeOffset.UtcNow;",
        "_ = Task.Delay(1);",
        "_ = Task.Delay(TimeSpan.Zero);",
        "_ = Task.Delay(1, token);",
        "_ = Task.Delay(TimeSpan.Zero, token);",
        "Thread.Sleep(1);",
        "Thread.Sleep(TimeSpan.Zero);",
        "task.Wait();",
        "task.Wait(1);",
        "task.Wait(TimeSpan.Zero);",
        "task.Wait(token);",
        "task.Wait(1, token);",
        "task.Wait(TimeSpan.Zero, token);",
        "Task.WaitAll(tasks);",
        "Task.WaitAll(tasks, 1);",
        "Task.WaitAll(tasks, TimeSpan.Zero);",
        "Task.WaitAll(tasks, token);",
        "Task.WaitAll(tasks, 1, token);",
        "Task.WaitAll(task, task);",
        "Task.WaitAll(tasks.AsEnumerable(), token);",
        "Task.WaitAny(tasks);",
        "Task.WaitAny(tasks, 1);",
        "Task.WaitAny(tasks, TimeSpan.Zero);",
        "Task.WaitAny(tasks, token);",
        "Task.WaitAny(tasks, 1, token);",
        "_ = task.Result;",
        "((Task)task).GetAwaiter().GetResult();",
        "task.GetAwaiter().GetResult();",
        "new ValueTask(task).GetAwaiter().GetResult();",
        "new ValueTask<int>(task).GetAwaiter().GetResult();",
        "((Task)task).ConfigureAwait(false).GetAwaiter().GetResult();",
        "task.ConfigureAwait(false).GetAwaiter().GetResult();",
        "new ValueTask(task).ConfigureAwait(false).GetAwaiter().GetResult();",
        "new ValueTask<int>(task).ConfigureAwait(false).GetAwaiter().GetResult();",
        "_ = Environment.TickCount;",
        "_ = Environment.TickCount64;",
        "_ = System.Security.Cryptography.RandomNumberGenerator.GetBytes(1);",
        "_ = System.Security.Cryptography.MD5.HashData([]);",
        "_ = System.Security.Cryptography.SHA1.HashData([]);",
        "_ = System.Security.Cryptography.SHA256.HashData([]);",
        "_ = System.Security.Cryptography.SHA384.HashData([]);",
        "_ = System.Security.Cryptography.SHA512.HashData([]);",
        "_ = System.Security.Cryptography.HMACSHA256.HashData([], []);",
        "_ = System.Security.Cryptography.IncrementalHash.CreateHash(default);",
        "_ = System.Security.Cryptography.Aes.Create();",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-banned-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact(Timeout = 5 * Limits.Test)]
    public async Task Each_banned_symbol_is_an_error_in_a_library()
    {
        string[] banned = [.. Directory.GetFiles(Path.Combine(PackageFixture.Repository, Lists), "*.txt").Order(StringComparer.Ordinal)
            .SelectMany(static file => File.ReadAllLines(file)).Where(static line => line.Length > 0).Order(StringComparer.Ordinal)];
        AddLibrary();

        CommandRun build = await Shell.RunAsync(_folder, new Dictionary<string, string>(), "dotnet", "build", "library");
        build.SkipWhenPackagesAreOutOfReach();

        string[] errors = [.. Error().Matches(build.Output).Select(static match => match.Value).Distinct()];
        int[] lines = [.. errors.Select(static error => int.Parse(Error().Match(error).Groups[1].ValueSpan)).Order()];
        Assert.Equal(banned.Length, Uses.Length);
        Assert.True(
            lines.SequenceEqual(Enumerable.Range(1, Uses.Length)),
            $"No error in the lines {string.Join(", ", Enumerable.Range(1, Uses.Length).Except(lines).Select(static line => $"{line}: {Uses[line - 1]}"))}.\n{build.Output}");
    }

    /// <summary>A project outside of the repository that is built as its libraries are.</summary>
    private void AddLibrary()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "library"));
        foreach (string name in (string[])["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"])
            Write(name, $"""<Project><Import Project="{Path.Combine(PackageFixture.Repository, name)}" /></Project>""");

        Write("library/library.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <ProjectType>Library</ProjectType>
                <ArtifactsPath>{Path.Combine(_folder, "artifacts")}</ArtifactsPath>
                <GenerateDocumentationFile>false</GenerateDocumentationFile>
                <EnforceCodeStyleInBuild>false</EnforceCodeStyleInBuild>
                <AnalysisMode>None</AnalysisMode>
              </PropertyGroup>
            </Project>
            """);
        Write("library/PublicAPI.Shipped.txt", "");
        Write("library/PublicAPI.Unshipped.txt", "");
        Write("library/Uses.cs", $$"""
            {{string.Join('\n', Uses.Select(static (use, i) => Method($"Use{i}", use)))}}
            internal static partial class Uses
            {
                // What is meant instead.
                internal static async Task<int> Await(Task<int> task, TimeProvider time)
                {
                    await Task.Delay(TimeSpan.Zero, time);
                    await new ValueTask(task).ConfigureAwait(false);
                    await task.ConfigureAwait(false);
                    return await task + time.GetUtcNow().Year + (int)System.Diagnostics.Stopwatch.GetTimestamp();
                }
            }
            """);
    }

    private static string Method(string name, string use) =>
        $"internal static partial class Uses {{ internal static void {name}(Task<int> task, Task[] tasks, CancellationToken token) {{ {use} }} }}";

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);

    [GeneratedRegex(@"Uses\.cs\((\d+),\d+\): error RS0030")]
    private static partial Regex Error();
}

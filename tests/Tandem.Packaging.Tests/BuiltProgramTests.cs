using Tandem.Packaging.Tests.Infrastructure;

namespace Tandem.Packaging.Tests;

/// <summary>A program that was built once, in each way of starting it.</summary>
public sealed class BuiltProgramTests(PackageFixture package, BuiltProgramTests.BuiltProgram program) : IClassFixture<BuiltProgramTests.BuiltProgram>
{
    private const int Limit = 5 * Limits.Test;

    [Fact(Timeout = Limit)]
    public async Task By_its_own_executable()
    {
        UserFolder folder = await program.BuildAsync(package);

        (await folder.RunAsync(Output(folder, "app"))).AssertWorked();
    }

    [Fact(Timeout = Limit)]
    public async Task By_its_own_executable_with_the_portable_transport()
    {
        UserFolder folder = await program.BuildAsync(package);

        (await folder.RunAsync(Output(folder, "app"), "Portable")).AssertWorked();
    }

    [Fact(Timeout = Limit)]
    public async Task By_dotnet()
    {
        UserFolder folder = await program.BuildAsync(package);

        (await folder.RunAsync("dotnet", Output(folder, "app.dll"))).AssertWorked();
    }

    [Fact(Timeout = Limit)]
    public async Task By_dotnet_exec_with_files_of_its_own()
    {
        UserFolder folder = await program.BuildAsync(package);

        ProgramRun run = await folder.RunAsync(
            "dotnet", "exec", "--depsfile", Output(folder, "app.deps.json"), "--runtimeconfig", Output(folder, "app.runtimeconfig.json"), Output(folder, "app.dll"));

        run.AssertWorked();
    }

    private static string Output(UserFolder folder, string file) => folder.At("app", "bin", "Release", "net10.0", file);

    /// <summary>Builds the program when the first test needs it.</summary>
    public sealed class BuiltProgram
    {
        private Task<UserFolder>? _built;

        internal Task<UserFolder> BuildAsync(PackageFixture package) => _built ??= BuildOnceAsync(package);

        private static async Task<UserFolder> BuildOnceAsync(PackageFixture package)
        {
            UserFolder folder = package.CreateFolder("built");
            folder.AddProject("app", isProgram: true, ["Tandem"], "Program.cs", "Scenario.cs");
            await folder.BuildAsync("build", "-c", "Release", "app");
            return folder;
        }
    }
}

using Tandem.Packaging.Tests.Infrastructure;

namespace Tandem.Packaging.Tests;

/// <summary>A program that was built without the package and loads a plug-in that uses it.</summary>
public sealed class PluginTests(PackageFixture package, PluginTests.BuiltPlugin plugin) : IClassFixture<PluginTests.BuiltPlugin>
{
    private const int Limit = 5 * Limits.Test;

    [Fact(Timeout = Limit)]
    public async Task A_plugin_uses_a_pool()
    {
        UserFolder folder = await plugin.BuildAsync(package);

        (await folder.RunAsync(Output(folder, "host", "host"), Output(folder, "plugin", "plugin.dll"))).AssertWorked();
    }

    [Theory(Timeout = Limit)]
    [InlineData("apart")]
    [InlineData("collectible")]
    public async Task A_plugin_in_a_load_context_of_its_own_uses_a_pool(string context)
    {
        UserFolder folder = await plugin.BuildAsync(package);

        (await folder.RunAsync(Output(folder, "host", "host"), Output(folder, "plugin", "plugin.dll"), context)).AssertWorked();
    }

    [Fact(Timeout = Limit)]
    public async Task A_plugin_that_a_hook_of_the_users_loads_uses_a_pool()
    {
        UserFolder folder = await plugin.BuildAsync(package);
        var variables = new Dictionary<string, string>
        {
            ["DOTNET_STARTUP_HOOKS"] = Output(folder, "hook", "hook.dll"),
            ["PLUGIN"] = Output(folder, "plugin", "plugin.dll"),
        };

        (await folder.RunAsync(variables, Output(folder, "host", "host"), Output(folder, "plugin", "plugin.dll"))).AssertWorked();
    }

    private static string Output(UserFolder folder, string project, string file) => folder.At(project, "bin", "Release", "net10.0", file);

    /// <summary>Builds host, plug-in and hook when the first test needs them.</summary>
    public sealed class BuiltPlugin
    {
        private Task<UserFolder>? _built;

        internal Task<UserFolder> BuildAsync(PackageFixture package) => _built ??= BuildOnceAsync(package);

        private static async Task<UserFolder> BuildOnceAsync(PackageFixture package)
        {
            UserFolder folder = package.CreateFolder("plugins");
            folder.AddProject("host", isProgram: true, [], "PluginHost.cs");
            folder.AddProject("plugin", isProgram: false, ["Tandem"], "Scenario.cs");
            folder.AddProject("hook", isProgram: false, [], "PluginHook.cs");
            await File.WriteAllTextAsync(
                folder.At("all.slnx"),
                """<Solution><Project Path="host/host.csproj" /><Project Path="plugin/plugin.csproj" /><Project Path="hook/hook.csproj" /></Solution>""",
                TestContext.Current.CancellationToken);
            await folder.BuildAsync("build", "-c", "Release", "-m:1", "all.slnx");
            return folder;
        }
    }
}

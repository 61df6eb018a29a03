using System.Net;
using Tandem.Serve.Apps.Tests.Infrastructure;

namespace Tandem.Serve.Apps.Tests;

/// <summary>The ways in which a user names an application, and says where it is to listen.</summary>
[Collection<TemplateCollection>]
public sealed class StartingTests(TemplateFixture templates)
{
    private const int Limit = 180_000;

    private static readonly string Name = TemplateFixture.Name("mvc");

    [Theory(Timeout = Limit)]
    [InlineData(Hosting.Plain)]
    [InlineData(Hosting.Served)]
    public async Task By_its_own_executable(Hosting hosting) =>
        await WorksAsync(hosting, new Application([$"./{Name}"], templates.Folder("mvc")));

    [Fact(Timeout = Limit)]
    public async Task By_a_command_behind_two_dashes() =>
        await WorksAsync(Hosting.Served, new Application(["dotnet", $"{Name}.dll"], templates.Folder("mvc")) { IsServedAsCommand = true });

    [Fact(Timeout = Limit)]
    public async Task From_another_folder_than_its_own()
    {
        string folder = templates.Folder("mvc");
        var elsewhere = new Application(["dotnet", Path.Combine(folder, $"{Name}.dll")], Path.GetTempPath()) { ServeOptions = ["--directory", folder] };

        await WorksAsync(Hosting.Served, elsewhere);
    }

    [Theory(Timeout = Limit)]
    [InlineData(Hosting.Plain)]
    [InlineData(Hosting.Served)]
    public async Task On_a_unix_socket(Hosting hosting)
    {
        string socket = Path.Combine(Path.GetTempPath(), $"tandem-{Guid.NewGuid():N}");
        await WorksAsync(hosting, templates.Application("mvc") with { Url = $"http://unix:{socket}" });

        Assert.False(File.Exists(socket), "The socket's file is left behind.");
    }

    private static async Task WorksAsync(Hosting hosting, Application application)
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(hosting, application);
        using HttpClient client = server.CreateClient();

        Assert.Contains("Welcome", (await Answers.AskAsync(client, "/")).Body, StringComparison.Ordinal);
        // A file shows that the application has found its content.
        Answer file = await Answers.AskAsync(client, "/css/site.css");
        Assert.Equal((HttpStatusCode.OK, "text/css"), (file.Status, file.MediaType));
        await server.StopAsync();
    }
}

using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tandem.Serve.Apps.Tests.Infrastructure;

namespace Tandem.Serve.Apps.Tests;

/// <summary>Applications that nobody here wrote answer under serve as they do by themselves.</summary>
[Collection<TemplateCollection>]
public sealed partial class TemplateTests(TemplateFixture templates)
{
    private const int Limit = 180_000;

    // More than one for each worker: connections are shared out by the kernel.
    private const int Rounds = 4;

    [Fact(Timeout = Limit)]
    public async Task The_empty_application_says_hello() => await AnswersAreTheSameAsync(
        "web",
        static answers =>
        {
            Assert.Equal(new Answer(HttpStatusCode.OK, "text/plain", "Hello World!"), answers["/"]);
            Assert.Equal(HttpStatusCode.NotFound, answers["/nowhere"].Status);
        },
        "/", "/nowhere");

    [Fact(Timeout = Limit)]
    public async Task The_web_api_foretells_five_days()
    {
        foreach (Hosting hosting in Enum.GetValues<Hosting>())
        {
            await using ServerUnderTest server = await ServerUnderTest.StartAsync(hosting, templates.Application("webapi"));
            using HttpClient client = server.CreateClient();

            Answer answer = await Answers.AskAsync(client, "/weatherforecast");

            // The weather itself is made up anew for each request.
            Assert.Equal((HttpStatusCode.OK, "application/json"), (answer.Status, answer.MediaType));
            using JsonDocument days = JsonDocument.Parse(answer.Body);
            Assert.Equal(5, days.RootElement.GetArrayLength());
            Assert.All(days.RootElement.EnumerateArray(), static day =>
                Assert.Equal(["date", "temperatureC", "summary", "temperatureF"], day.EnumerateObject().Select(static property => property.Name)));
            await server.StopAsync();
        }
    }

    [Theory(Timeout = Limit)]
    [InlineData("mvc", "/Home/Privacy")]
    [InlineData("razor", "/Privacy")]
    public async Task Pages_and_their_files_are_there(string template, string page) => await AnswersAreTheSameAsync(
        template,
        answers =>
        {
            Assert.Equal((HttpStatusCode.OK, "text/html"), (answers["/"].Status, answers["/"].MediaType));
            Assert.Contains("<h1 class=\"display-4\">Welcome</h1>", answers["/"].Body, StringComparison.Ordinal);
            Assert.Contains("Privacy Policy", answers[page].Body, StringComparison.Ordinal);
            Assert.Equal((HttpStatusCode.OK, "text/css"), (answers["/css/site.css"].Status, answers["/css/site.css"].MediaType));
            Assert.Equal((HttpStatusCode.OK, "text/javascript"), (answers["/js/site.js"].Status, answers["/js/site.js"].MediaType));
            Assert.Equal((HttpStatusCode.OK, "image/x-icon"), (answers["/favicon.ico"].Status, answers["/favicon.ico"].MediaType));
            Assert.Equal(HttpStatusCode.NotFound, answers["/nowhere"].Status);
        },
        "/", page, "/css/site.css", "/js/site.js", "/favicon.ico", $"/{TemplateFixture.Name(template)}.styles.css", "/nowhere");

    [Fact(Timeout = Limit)]
    public async Task Blazor_has_its_pages_and_its_script()
    {
        string script = "";
        await AnswersAreTheSameAsync(
            "blazor",
            answers =>
            {
                Assert.Contains("<h1>Hello, world!</h1>", answers["/"].Body, StringComparison.Ordinal);
                Assert.Contains("Current count: 0", answers["/counter"].Body, StringComparison.Ordinal);
                Assert.Equal((HttpStatusCode.OK, "text/javascript"), (answers["/_framework/blazor.web.js"].Status, answers["/_framework/blazor.web.js"].MediaType));
                script = BlazorScript().Match(answers["/"].Body).Value;
            },
            "/", "/counter", "/app.css", "/_framework/blazor.web.js", "/nowhere");

        // The name with the fingerprint, which the page asks for.
        Assert.NotEmpty(script);
        await AnswersAreTheSameAsync("blazor", answers => Assert.Equal("text/javascript", answers["/" + script].MediaType), "/" + script);
    }

    [Theory(Timeout = Limit)]
    [InlineData(Hosting.Plain)]
    [InlineData(Hosting.Served)]
    public async Task Grpc_greets_without_encryption(Hosting hosting)
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(hosting, templates.Application("grpc"));

        for (int round = 0; round < Rounds; round++)
            Assert.Equal($"Hello tandem {round}", await Greeter.SayHelloAsync(server.Address, $"tandem {round}"));

        await server.StopAsync();
    }

    private async Task AnswersAreTheSameAsync(string template, Action<Dictionary<string, Answer>> check, params string[] paths)
    {
        Application application = templates.Application(template);
        Dictionary<string, Answer> expected;
        await using (ServerUnderTest plain = await ServerUnderTest.StartAsync(Hosting.Plain, application))
        {
            expected = await AskAsync(plain, paths);
            await plain.StopAsync();
        }

        check(expected);
        await using ServerUnderTest served = await ServerUnderTest.StartAsync(Hosting.Served, application);
        for (int round = 0; round < Rounds; round++)
        {
            // One by one, because a body is shown around the first difference and a record as a whole.
            foreach ((string path, Answer answer) in await AskAsync(served, paths))
            {
                Assert.Equal(expected[path].Body, answer.Body);
                Assert.Equal(expected[path], answer);
            }
        }

        await served.StopAsync();
    }

    /// <summary>Asks on one connection of its own.</summary>
    private static async Task<Dictionary<string, Answer>> AskAsync(ServerUnderTest server, string[] paths)
    {
        using HttpClient client = server.CreateClient();
        var answers = new Dictionary<string, Answer>();
        foreach (string path in paths)
            answers[path] = await Answers.AskAsync(client, path);

        return answers;
    }

    [GeneratedRegex(@"_framework/blazor\.web\.\w+\.js")]
    private static partial Regex BlazorScript();
}

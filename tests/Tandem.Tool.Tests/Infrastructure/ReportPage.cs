using System.Text.Json;

namespace Tandem.Tool.Tests.Infrastructure;

/// <summary>A plot of a report, and the words in it that are cut off.</summary>
internal sealed record Plot(string Title, int Marks, string[] Cut);

/// <summary>A report as a real browser shows it. Pictures of it stay in ARTIFACTS/screenshots.</summary>
internal sealed record ReportPage(Plot[] Plots, int Tables, bool Overflow, string[] Problems, string[] Requests, string[] Backgrounds, string[] Marks)
{
    /// <summary>Opens it in the light and in the dark.</summary>
    /// <param name="chromium">The browser.</param>
    /// <param name="folder">For the browser's own files.</param>
    /// <param name="report">The report's file.</param>
    /// <param name="picture">The first word of the pictures' names.</param>
    internal static async Task<ReportPage> LookAsync(ChromiumFixture chromium, string folder, string report, string picture)
    {
        string pictures = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "screenshots"));
        Directory.CreateDirectory(pictures);
        CommandRun run = await Shell.RunAsync(
            chromium.Folder,
            // What a desktop's browser keeps beside its profile.
            new Dictionary<string, string> { ["HOME"] = folder },
            "node",
            Path.Combine(AppContext.BaseDirectory, "Browser", "look.mjs"),
            chromium.Program,
            Path.Combine(folder, "profile"),
            new Uri(report).AbsoluteUri,
            Path.Combine(pictures, $"{picture}-light.png"),
            Path.Combine(pictures, $"{picture}-dark.png"));
        run.AssertSucceeded();
        return JsonSerializer.Deserialize<ReportPage>(run.Output, JsonSerializerOptions.Web)!;
    }

    /// <summary>That it needs nothing but itself, and shows so many plots, whole.</summary>
    internal void AssertWhole(string report, int plots)
    {
        Assert.Empty(Problems);
        Assert.Equal([new Uri(report).AbsoluteUri], Requests);
        Assert.Equal(plots, Plots.Length);
        Assert.All(Plots, static plot => Assert.True(plot.Marks > 0, $"Nothing is drawn in '{plot.Title}'."));
        Assert.All(Plots, static plot => Assert.Empty(plot.Cut));
        Assert.False(Overflow, "The page is wider than its window.");
    }
}

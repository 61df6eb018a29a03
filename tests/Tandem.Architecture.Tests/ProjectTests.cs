namespace Tandem.Architecture.Tests;

/// <summary>What is shipped depends on nothing that is not, and each project on no more than it is meant to.</summary>
public sealed class ProjectTests
{
    /// <summary>For each group of projects, the groups that it may use.</summary>
    private static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["src"] = ["src"],
        ["samples"] = ["src"],
        ["tools"] = ["src", "tools"],
        ["bench"] = ["src", "tools", "bench"],
        ["tests"] = ["src", "samples", "tools", "tests"],
    };

    /// <summary>All that projects under src use of each other.</summary>
    private static readonly string[] OfSource =
    [
        "Tandem.Compare → Tandem",
        "Tandem.Diagnostics → Tandem",
        "Tandem.Hosting → Tandem",
        "Tandem.Serve → Tandem",
        "Tandem.Serve.Worker → Tandem.Serve",
        "Tandem.Tool → Tandem.Compare",
        "Tandem.Tool → Tandem.Diagnostics",
        "Tandem.Tool → Tandem.Lab.Web",
        "Tandem.Tool → Tandem.Serve",
        "Tandem.Tool → Tandem.Serve.Hook",
        "Tandem.Tool → Tandem.Serve.Worker",
        "Tandem.Worker → Tandem",
    ];

    private static readonly Projects All = Projects.Read();

    [Fact]
    public void Groups_of_projects_use_only_what_they_may()
    {
        string[] excess =
        [
            .. All.Arrows.Where(static arrow => Sides(arrow) is var (from, to) && !MayUse[All.GroupOf(from)].Contains(All.GroupOf(to))),
        ];
        Assert.True(excess.Length == 0, $"Not allowed:\n{string.Join('\n', excess)}");
    }

    [Fact]
    public void Projects_under_src_use_each_other_as_they_are_meant_to() =>
        Assert.Equal(OfSource, All.Arrows.Where(static arrow => All.GroupOf(Sides(arrow).From) == "src"));

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = Repository.Read("Tandem.slnx");
        Assert.All(All.Folders.Values, folder => Assert.Contains($"\"{folder}/", solution, StringComparison.Ordinal));
    }

    [Fact]
    public void A_namespace_belongs_to_one_assembly()
    {
        string[] shared =
        [
            .. from project in All.Folders
               where project.Value.StartsWith("src/", StringComparison.Ordinal)
               from file in Repository.Files(project.Value, "*.cs")
               from line in Repository.Read(file).Split('\n')
               where line.StartsWith("namespace ", StringComparison.Ordinal)
               group project.Key by line["namespace ".Length..].TrimEnd('\r', ';') into space
               where space.Distinct().Count() > 1
               select $"{space.Key}: {string.Join(", ", space.Distinct())}",
        ];
        Assert.Empty(shared);
    }

    [Fact]
    public void No_folder_of_Tandem_has_the_name_of_another_assembly() =>
        Assert.Empty(new DirectoryInfo(Path.Combine(Repository.Root, "src/Tandem")).GetDirectories()
            .Select(static folder => $"Tandem.{folder.Name}")
            .Intersect(All.Folders.Keys));

    private static (string From, string To) Sides(string arrow)
    {
        string[] sides = arrow.Replace(" (files)", "", StringComparison.Ordinal).Split(" → ");
        return (sides[0], sides[1]);
    }
}

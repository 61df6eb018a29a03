using Microsoft.CodeAnalysis;

namespace Tandem.Architecture.Tests;

/// <summary>The folders of src/Tandem use each other one way only: a folder uses those below it in the picture.</summary>
public sealed class FolderTests
{
    private const string Project = "src/Tandem";

    /// <summary>
    /// Each folder and all that it uses, from top to bottom. A new arrow is added here and in docs/architecture.md, where the same picture
    /// stands; an arrow that goes up is not added.
    /// </summary>
    private const string Picture = """
        .                      → Processes Threading Mapping Work Telemetry Events Invocation Exceptions Options
        Processes              → WarmUp Work Telemetry Supervision Events Launch Invocation Context Transport Serialization
                                 Exceptions Options Output Stacks BackgroundWork Interop
        Threading              → Work Telemetry Events Invocation Context Exceptions Options BackgroundWork Interop
        Mapping                → Work Telemetry Invocation Context Options BackgroundWork
        InWorker               → WarmUp Telemetry Launch Invocation Context Transport/Mapped Transport/SharedMemory Transport/Portable
                                 Transport Serialization Exceptions BackgroundWork Interop
        WarmUp                 → Work Launch Invocation Transport Serialization Options BackgroundWork
        Work                   → Telemetry Events Invocation Context Transport Serialization Exceptions Options BackgroundWork
        Telemetry              → Events Exceptions Options BackgroundWork
        Supervision            → Events Exceptions Options Interop
        Events                 → Exceptions Options BackgroundWork
        Launch                 → Transport/Mapped Transport/SharedMemory Transport/Portable Transport Serialization Exceptions Options
                                 BackgroundWork Interop
        Sharing                → Invocation Serialization Exceptions Options BackgroundWork Interop
        Invocation             → Context Transport Serialization Exceptions
        Context                → Serialization Exceptions
        Transport/Mapped       → Transport/SharedMemory Transport/Portable Transport Interop
        Transport/SharedMemory → Transport Serialization Exceptions BackgroundWork Interop
        Transport/Portable     → Transport Serialization Exceptions BackgroundWork Interop
        Transport              → Serialization
        Serialization          → Exceptions Interop
        Options                → Exceptions
        Exceptions             → Interop
        Output                 → BackgroundWork
        Stacks
        BackgroundWork
        Interop
        """;

    private static readonly Lazy<SourceFolders> Sources = new(static () => new SourceFolders(Project));

    private static readonly Dictionary<string, string[]> Allowed = Parse(Picture);

    [Fact]
    public void The_compiler_understands_the_sources() => Assert.Empty(Sources.Value.Errors.Take(10));

    [Fact]
    public void Every_folder_stands_in_the_picture() => Assert.Equal(Sources.Value.Folders, Allowed.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void Folders_use_only_what_the_picture_allows()
    {
        string[] excess =
        [
            .. from reference in Sources.Value.References
               where !Allowed.GetValueOrDefault(reference.From, []).Contains(reference.To)
               group reference by Arrow(reference) into arrow
               orderby arrow.Key
               select $"{arrow.Key}: {string.Join("; ", arrow.Select(static one => one.ToString()).Distinct().Take(5))}",
        ];
        Assert.True(excess.Length == 0, $"Arrows that the picture does not allow:\n{string.Join('\n', excess)}\n\nAs it is:\n{Actual()}");
    }

    [Fact]
    public void The_picture_has_no_arrow_that_is_gone()
    {
        HashSet<string> actual = [.. Sources.Value.References.Select(Arrow)];
        string[] gone = [.. Allowed.SelectMany(static folder => folder.Value.Select(to => $"{folder.Key} → {to}")).Except(actual)];
        Assert.True(gone.Length == 0, $"Arrows that are no more:\n{string.Join('\n', gone)}\n\nAs it is:\n{Actual()}");
    }

    [Fact]
    public void Arrows_go_down()
    {
        string[] order = [.. Allowed.Keys];
        string[] up =
        [
            .. from folder in Allowed
               from to in folder.Value
               where Array.IndexOf(order, to) <= Array.IndexOf(order, folder.Key)
               select $"{folder.Key} → {to}",
        ];
        Assert.Empty(up);
    }

    [Fact]
    public void A_cycle_of_folders_would_be_found()
    {
        Dictionary<string, string[]> used = Sources.Value.References
            .GroupBy(static reference => reference.From)
            .ToDictionary(
                static folder => folder.Key, static folder => folder.Select(static reference => reference.To).Distinct().ToArray());
        List<string> path = [];
        HashSet<string> done = [];
        Assert.All(Sources.Value.Folders, Visit);

        void Visit(string folder)
        {
            Assert.False(path.Contains(folder), $"A cycle: {string.Join(" → ", path)} → {folder}");
            if (!done.Add(folder))
                return;

            path.Add(folder);
            Array.ForEach(used.GetValueOrDefault(folder, []), Visit);
            path.Remove(folder);
        }
    }

    /// <summary>What users see is in the namespace <c>Tandem</c>, whatever folder it is in.</summary>
    [Fact]
    public void A_type_is_in_the_namespace_of_its_folder()
    {
        string[] elsewhere =
        [
            .. from one in Sources.Value.Types
               let folder = Sources.Value.FolderOf(one.File)
               let space = one.Type.ContainingNamespace.ToDisplayString()
               where space != (folder == "." ? "Tandem" : $"Tandem.{folder.Replace('/', '.')}")
               where !(space == "Tandem" && (one.Type.DeclaredAccessibility == Accessibility.Public || folder is "Options" or "Exceptions"))
               where one.Type.Name != "StartupHook" // whose name the runtime prescribes
               select $"{one.File}: {one.Type.ToDisplayString()}",
        ];
        Assert.Empty(elsewhere);
    }

    [Fact]
    public void The_architecture_page_shows_the_same_picture() =>
        Assert.Contains($"```\n{Picture}\n```", Repository.Read("docs/architecture.md").ReplaceLineEndings("\n"), StringComparison.Ordinal);

    /// <summary>Warm-up makes the first calls faster and nothing else, so that it can be removed at one line on each side.</summary>
    [Theory]
    [InlineData("Processes")]
    [InlineData("InWorker")]
    public void Warm_up_is_used_at_one_place_of_the_parent_and_at_one_of_workers(string side)
    {
        Reference[] uses = [.. Sources.Value.References.Where(static reference => reference.To == "WarmUp")];

        Assert.Single(uses.Where(use => use.From == side).Select(static use => (use.File, use.Line)).Distinct());
        Assert.DoesNotContain(uses, static use => use.From is not ("Processes" or "InWorker"));
    }

    private static string Arrow(Reference reference) => $"{reference.From} → {reference.To}";

    private static Dictionary<string, string[]> Parse(string picture)
    {
        Dictionary<string, string[]> folders = [];
        // A line that begins with a space goes on with the one before.
        foreach (string line in picture.Replace("\n ", " ", StringComparison.Ordinal).Split('\n'))
        {
            string[] sides = line.Split('→');
            folders.Add(sides[0].Trim(), sides is [_, var used] ? used.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) : []);
        }

        return folders;
    }

    /// <summary>The picture as it would have to be, in the order in which it is.</summary>
    private static string Actual()
    {
        string[] order = [.. Allowed.Keys, .. Sources.Value.Folders.Except(Allowed.Keys)];
        return string.Join('\n', order.Select(folder =>
        {
            string[] used =
            [
                .. Sources.Value.References.Where(one => one.From == folder).Select(static one => one.To)
                    .Distinct().OrderBy(to => Array.IndexOf(order, to)),
            ];
            return used.Length == 0 ? folder : $"{folder,-23} → {string.Join(' ', used)}";
        }));
    }
}

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
        .                      → Processes Threading Mapping Work Telemetry Supervision Health Options
        Processes              → Mapping Work Telemetry Supervision Launch Shipping Transport Serialization Health Exceptions
                                 Options Output Diagnostics Interop
        Threading              → Mapping Work Telemetry Supervision Health Exceptions Options Interop
        Mapping                → Work Telemetry Supervision Shipping Transport Serialization Exceptions Options
        Worker                 → Work Telemetry Supervision Launch Sharing Shipping Transport/SharedMemory Transport/Portable
                                 Transport Serialization Exceptions Interop
        Work                   → Telemetry Supervision Launch Shipping Transport Serialization Health Exceptions Options
        Telemetry              → Health Exceptions Options
        Supervision            → Launch Health Options
        Launch                 → Shipping Transport/SharedMemory Transport/Portable Serialization Exceptions Options Interop
        Sharing                → Shipping Serialization Exceptions Options Interop
        Shipping               → Transport Serialization Exceptions
        Transport/SharedMemory → Transport Serialization Exceptions Interop
        Transport/Portable     → Transport Serialization Exceptions Interop
        Transport              → Serialization
        Serialization          → Exceptions
        Health                 → Exceptions Options
        Exceptions
        Options
        Output
        Diagnostics
        Interop
        """;

    /// <summary>Arrows that go up and have to go. None is added.</summary>
    private static readonly string[] KnownBackEdges =
    [
        "Mapping → .",
        "Worker → Processes",
        "Work → Mapping",
        "Work → Processes",
        "Work → Worker",
        "Telemetry → Work",
        "Launch → Processes",
        "Launch → Supervision",
        "Launch → Telemetry",
        "Launch → Work",
        "Sharing → Launch",
        "Sharing → Telemetry",
        "Shipping → Sharing",
        "Shipping → Work",
        "Transport/SharedMemory → .",
        "Transport/SharedMemory → Telemetry",
        "Transport/Portable → Shipping",
        "Transport/Portable → Telemetry",
        "Transport/Portable → Transport/SharedMemory",
        "Serialization → .",
        "Serialization → Launch",
        "Serialization → Sharing",
        "Serialization → Shipping",
        "Health → .",
        "Health → Telemetry",
        "Health → Work",
        "Exceptions → Launch",
        "Exceptions → Supervision",
        "Options → .",
        "Options → Launch",
        "Options → Supervision",
        "Output → Telemetry",
        "Interop → Launch",
    ];

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
               where !Allowed.GetValueOrDefault(reference.From, []).Contains(reference.To) && !KnownBackEdges.Contains(Arrow(reference))
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
        string[] gone = [.. Allowed.SelectMany(static folder => folder.Value.Select(to => $"{folder.Key} → {to}")).Concat(KnownBackEdges).Except(actual)];
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
        Dictionary<string, string[]> used = Sources.Value.References.Where(static reference => !KnownBackEdges.Contains(Arrow(reference)))
            .GroupBy(static reference => reference.From)
            .ToDictionary(static folder => folder.Key, static folder => folder.Select(static reference => reference.To).Distinct().ToArray());
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

    [Fact]
    public void The_architecture_page_shows_the_same_picture() =>
        Assert.Contains($"```\n{Picture}\n```", Repository.Read("docs/architecture.md").ReplaceLineEndings("\n"), StringComparison.Ordinal);

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
            string[] used = [.. Sources.Value.References.Where(one => one.From == folder).Select(static one => one.To).Distinct().OrderBy(to => Array.IndexOf(order, to))];
            return used.Length == 0 ? folder : $"{folder,-23} → {string.Join(' ', used)}";
        }));
    }
}

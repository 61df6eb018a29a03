using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Tandem.Architecture.Tests;

/// <summary>The projects of the repository and what each takes from others: by a reference, or by a file of another project.</summary>
internal sealed partial class Projects
{
    private static readonly string[] Groups = ["src", "samples", "bench", "tools", "tests"];

    private Projects(Dictionary<string, string> folders, SortedSet<string> arrows)
    {
        Folders = folders;
        Arrows = arrows;
    }

    /// <summary>The folder of each project, by its name.</summary>
    internal Dictionary<string, string> Folders { get; }

    /// <summary>What uses what, as <c>Tandem.Tool → Tandem.Serve</c>; for files of another project, <c>A → B (files)</c>.</summary>
    internal SortedSet<string> Arrows { get; }

    internal static Projects Read()
    {
        string[] files =
        [
            .. Groups.SelectMany(static group => Repository.Files(group, "*.*proj"))
                .Where(static file => !file.Contains("/Programs/", StringComparison.Ordinal)),
        ];
        Dictionary<string, string> folders = files.ToDictionary(
            static file => Path.GetFileNameWithoutExtension(file), static file => Path.GetDirectoryName(file)!);
        SortedSet<string> arrows = new(StringComparer.Ordinal);
        foreach (string file in files)
        {
            string name = Path.GetFileNameWithoutExtension(file), folder = folders[name];
            foreach (XElement element in XDocument.Parse(Repository.Read(file)).Descendants())
            {
                string include = element.Attribute("Include")?.Value ?? "";
                if (element.Name.LocalName == "ProjectReference")
                    arrows.Add($"{name} → {Path.GetFileNameWithoutExtension(include)}");
                else if (Outside().IsMatch(include))
                    arrows.UnionWith(include.Split(';').Select(path => $"{name} → {OwnerOf(Path.Combine(folder, path))} (files)"));
            }
        }

        return new Projects(folders, arrows);

        string OwnerOf(string path)
        {
            string file = Path.GetRelativePath(Repository.Root, Path.GetFullPath(path, Repository.Root)).Replace('\\', '/');
            return folders.FirstOrDefault(project => file.StartsWith(project.Value + "/", StringComparison.Ordinal)).Key ?? file;
        }
    }

    /// <summary>The group of folders that a project, or a file of none, is in: src, tests and so on.</summary>
    internal string GroupOf(string project) => (Folders.GetValueOrDefault(project) ?? project).Split('/')[0];

    [GeneratedRegex(@"(^|;)\.\./")]
    private static partial Regex Outside();
}

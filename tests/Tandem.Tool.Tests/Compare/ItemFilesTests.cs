using Tandem.Tool.Compare;

namespace Tandem.Tool.Tests.Compare;

public sealed class ItemFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tandem-items-").FullName;

    public ItemFilesTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "in", "deep"));
        foreach (string file in (string[])["a.json", "b.json", "c.txt", "in/d.json", "in/deep/e.json"])
            File.WriteAllText(Path.Combine(_folder, file), "one\n\ntwo\n");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("*.json", "a.json b.json")]
    [InlineData("?.txt", "c.txt")]
    [InlineData("**/*.json", "a.json b.json in/d.json in/deep/e.json")]
    [InlineData("in/**", "in/d.json in/deep/e.json")]
    [InlineData("*/d.json", "in/d.json")]
    [InlineData("a.json", "a.json")]
    public void Patterns_name_files(string pattern, string expected) =>
        Assert.Equal(expected, string.Join(' ', ItemFiles.Matching([$"{_folder}/{pattern}"]).Select(file => Path.GetRelativePath(_folder, file))));

    [Fact]
    public void A_file_that_several_patterns_name_is_one_item() =>
        Assert.Equal(2, ItemFiles.Matching([$"{_folder}/*.json", $"{_folder}/a.*"]).Length);

    [Theory]
    [InlineData("*.xml")]
    [InlineData("nothing.json")]
    [InlineData("nowhere/*.json")]
    public void No_file_is_a_mistake(string pattern) =>
        Assert.Contains("No file matches", Assert.Throws<UsageException>(() => ItemFiles.Matching([$"{_folder}/{pattern}"])).Message, StringComparison.Ordinal);

    [Fact]
    public void Lines_are_items() => Assert.Equal(["one", "two"], ItemFiles.Lines(Path.Combine(_folder, "a.json")));
}

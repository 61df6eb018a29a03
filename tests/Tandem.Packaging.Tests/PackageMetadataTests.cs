using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;
using Tandem.Packaging.Tests.Infrastructure;

namespace Tandem.Packaging.Tests;

/// <summary>What packages say about themselves, and the symbols that belong to them.</summary>
public sealed class PackageMetadataTests(PackageFixture package)
{
    public static TheoryData<string> Packages => [.. PackageFixture.Packages];

    /// <summary>A tool's package has its symbols inside.</summary>
    public static TheoryData<string> Libraries => [.. PackageFixture.Packages.Where(name => name != "Tandem.Tool")];

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_package_describes_itself(string name)
    {
        using ZipArchive archive = Open(name, "nupkg");
        XElement metadata = Metadata(archive);
        string Value(string element) => (string?)metadata.Element(metadata.Name.Namespace + element) ?? "";

        Assert.Equal((name, package.Version, "MIT"), (Value("id"), Value("version"), Value("license")));
        Assert.All((string[])["authors", "copyright", "description", "tags"], element => Assert.True(Value(element).Length > 0, $"It has no {element}."));
        Assert.All((string[])["icon", "readme"], element => Assert.NotNull(archive.GetEntry(Value(element))));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void The_address_of_the_project_is_set_in_one_place(string name)
    {
        using ZipArchive archive = Open(name, "nupkg");
        XElement metadata = Metadata(archive);
        XElement? repository = metadata.Element(metadata.Name.Namespace + "repository");

        Assert.Equal(PackageFixture.ProjectUrl, (string?)metadata.Element(metadata.Name.Namespace + "projectUrl"));
        Assert.Equal((PackageFixture.ProjectUrl, "git"), ((string?)repository?.Attribute("url"), (string?)repository?.Attribute("type")));
        Assert.StartsWith(PackageFixture.ProjectUrl, (string?)metadata.Element(metadata.Name.Namespace + "releaseNotes"), StringComparison.Ordinal);
    }

    /// <summary>They use internals of each other: another version would fail with a MissingMethodException, long after the restore.</summary>
    [Theory]
    [MemberData(nameof(Packages))]
    public void Packages_of_one_version_depend_on_each_other_exactly(string name)
    {
        using ZipArchive archive = Open(name, "nupkg");
        XElement[] dependencies = [.. Metadata(archive).Descendants().Where(element => element.Name.LocalName == "dependency")];
        XElement[] own = [.. dependencies.Where(dependency => ((string)dependency.Attribute("id")!).StartsWith("Tandem", StringComparison.Ordinal))];

        Assert.All(own, dependency => Assert.Equal($"[{package.Version}]", (string?)dependency.Attribute("version")));
        Assert.Equal(name is "Tandem" or "Tandem.Tool" ? 0 : 1, own.Length);
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Each_assembly_of_a_library_has_symbols(string name)
    {
        using ZipArchive archive = Open(name, "nupkg"), symbols = Open(name, "snupkg");
        string[] assemblies = [.. archive.Entries.Select(entry => entry.FullName).Where(file => file.StartsWith("lib/", StringComparison.Ordinal) && file.EndsWith(".dll", StringComparison.Ordinal))];

        Assert.NotEmpty(assemblies);
        Assert.All(assemblies, assembly =>
        {
            ZipArchiveEntry? file = symbols.GetEntry(Path.ChangeExtension(assembly, ".pdb"));
            Assert.True(file is not null, $"There is no file of symbols for {assembly}.");
            using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(Read(file));
            Assert.Equal(SymbolsOf(Read(archive.GetEntry(assembly)!)), new BlobContentId(provider.GetMetadataReader().DebugMetadataHeader!.Id));
        });
    }

    /// <summary>Symbols of a package name no folder of the machine that made it: the same sources give the same files everywhere.</summary>
    [Theory]
    [MemberData(nameof(Libraries))]
    public void Symbols_do_not_depend_on_where_they_were_built(string name)
    {
        using ZipArchive symbols = Open(name, "snupkg");
        ZipArchiveEntry[] files = [.. symbols.Entries.Where(entry => entry.Name.EndsWith(".pdb", StringComparison.Ordinal))];

        Assert.NotEmpty(files);
        Assert.All(files, file =>
        {
            using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(Read(file));
            MetadataReader reader = provider.GetMetadataReader();
            Assert.All(reader.Documents, document => Assert.StartsWith("/_", reader.GetString(reader.GetDocument(document).Name), StringComparison.Ordinal));
        });
    }

    private ZipArchive Open(string name, string kind)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The packages are made on Linux.");
        return ZipFile.OpenRead(package.FileOf(name, kind));
    }

    private static XElement Metadata(ZipArchive archive)
    {
        using Stream file = archive.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(file).Root!.Elements().First();
    }

    private static MemoryStream Read(ZipArchiveEntry entry)
    {
        var bytes = new MemoryStream();
        using (Stream file = entry.Open())
            file.CopyTo(bytes);

        bytes.Position = 0;
        return bytes;
    }

    private static BlobContentId SymbolsOf(Stream assembly)
    {
        using var reader = new PEReader(assembly);
        DebugDirectoryEntry entry = reader.ReadDebugDirectory().Single(entry => entry is { Type: DebugDirectoryEntryType.CodeView, IsPortableCodeView: true });
        return new BlobContentId(reader.ReadCodeViewDebugDirectoryData(entry).Guid, entry.Stamp);
    }
}

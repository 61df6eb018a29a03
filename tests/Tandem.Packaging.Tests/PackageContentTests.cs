using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;
using Tandem.Packaging.Tests.Infrastructure;

namespace Tandem.Packaging.Tests;

/// <summary>What is in the package.</summary>
public sealed class PackageContentTests(PackageFixture package)
{
    [Theory]
    [InlineData("lib/net10.0/Tandem.dll")]
    [InlineData("lib/net10.0/Tandem.xml")]
    [InlineData("lib/net10.0/Tandem.Worker.dll")]
    [InlineData("build/Tandem.targets")]
    [InlineData("buildTransitive/Tandem.targets")]
    [InlineData("README.md")]
    public void The_package_has(string file)
    {
        using ZipArchive archive = Open();

        Assert.True(archive.GetEntry(file) is { Length: > 0 }, $"The package holds {string.Join(", ", archive.Entries.Select(entry => entry.FullName))}.");
    }

    [Fact]
    public void The_documentation_describes_the_pool()
    {
        using ZipArchive archive = Open();
        using Stream file = archive.GetEntry("lib/net10.0/Tandem.xml")!.Open();

        Assert.Contains(XDocument.Load(file).Descendants("member"), member => (string?)member.Attribute("name") == "T:Tandem.WorkerPool");
    }

    [Fact]
    public void The_code_for_one_system_is_that_of_the_others_compiled()
    {
        using ZipArchive archive = Open();
        ZipArchiveEntry? ahead = archive.GetEntry("runtimes/linux-x64/lib/net10.0/Tandem.dll");
        Assert.SkipWhen(ahead is null, "The package was made on a system for which no code is compiled.");

        (Guid id, bool isPlain) = Read(archive.GetEntry("lib/net10.0/Tandem.dll")!);
        (Guid aheadId, bool isAheadPlain) = Read(ahead);

        Assert.Equal((id, true, false), (aheadId, isPlain, isAheadPlain));
    }

    private ZipArchive Open()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The package is made on Linux.");
        return ZipFile.OpenRead(package.PackageFile);
    }

    private static (Guid Id, bool IsPlain) Read(ZipArchiveEntry entry)
    {
        var bytes = new MemoryStream();
        using (Stream file = entry.Open())
            file.CopyTo(bytes);

        bytes.Position = 0;
        using var assembly = new PEReader(bytes);
        MetadataReader metadata = assembly.GetMetadataReader();
        return (metadata.GetGuid(metadata.GetModuleDefinition().Mvid), assembly.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size == 0);
    }
}

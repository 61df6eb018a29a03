using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;

namespace Tandem.Samples.Tests;

/// <summary>A folder with some of the framework's assemblies, deleted at the end of the test.</summary>
internal sealed class AssemblyFolder : IDisposable
{
    internal static readonly string[] Assemblies = ["System.Collections.dll", "System.Linq.dll", "System.Text.Json.dll", "System.Xml.Linq.dll"];

    private AssemblyFolder() => Path = Directory.CreateTempSubdirectory("scan-").FullName;

    internal string Path { get; }

    internal static AssemblyFolder Empty() => new();

    internal static AssemblyFolder OfFramework()
    {
        var folder = new AssemblyFolder();
        foreach (string name in Assemblies)
            File.Copy(System.IO.Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), name), folder.At(name));

        return folder;
    }

    internal string At(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Counted here in another way than by the sample, so that three equal mistakes are noticed.</summary>
    internal static (int Types, int Methods) Count()
    {
        int types = 0, methods = 0;
        foreach (string name in Assemblies)
        {
            using var file = new PEReader(File.OpenRead(System.IO.Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), name)));
            MetadataReader metadata = file.GetMetadataReader();
            foreach (TypeDefinitionHandle type in metadata.TypeDefinitions)
            {
                types++;
                methods += metadata.GetTypeDefinition(type).GetMethods().Count;
            }
        }

        return (types, methods);
    }

    public void Dispose()
    {
        // What a test has locked must be unlocked to be deleted.
        if (!OperatingSystem.IsWindows())
        {
            foreach (string folder in Directory.GetDirectories(Path))
                File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Directory.Delete(Path, recursive: true);
    }
}

using Tandem.Interop;
using Tandem.Serialization;
using Tandem.Transport.Portable;

namespace Tandem.Launch;

/// <summary>Creates links over named pipes. Works on every system and with every launcher.</summary>
internal sealed class PortableLinks : LinkFactory
{
    internal override IPayloadMemory Memory => HeapMemory.Instance;

    internal override bool NeedsDescriptors => false;

    internal override NewLink Create()
    {
        string name = $"tandem-{Guid.NewGuid():N}";
        // On Unix, a named pipe is a socket in a folder for temporary files. The worker's folder may differ, so the name is an absolute
        // path.
        if (!OperatingSystem.IsWindows())
            name = Path.Combine(SocketFolder.For(name.Length + PortableLink.ControlSuffix.Length), name);

        return new PortableNewLink(Listen(name), name);
    }

    public override void Dispose()
    {
    }

    private static PortableLink Listen(string name)
    {
        try
        {
            return new PortableLink(name);
        }
        catch (Exception e)
        {
            int length = Path.GetFileName(name).Length + PortableLink.ControlSuffix.Length;
            int longest = OperatingSystem.IsWindows() ? 0 : SocketFolder.LongestFolder(length);
            string limits = SystemLimits.TemporaryFolder(Path.GetTempPath(), longest);
            throw new WorkerStartException($"The pipes of a worker could not be created: {SystemLimits.Explain(e)}. {limits}".TrimEnd(), e);
        }
    }
}

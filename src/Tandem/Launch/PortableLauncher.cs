using System.Diagnostics;
using System.Security.Cryptography;
using Tandem.BackgroundWork;
using Tandem.Interop;
using Tandem.Serialization;
using Tandem.Transport.Portable;

namespace Tandem.Launch;

/// <summary>Workers that are started by <see cref="Process"/> and talk over named pipes: on any system.</summary>
internal sealed class PortableLauncher : WorkerLauncher
{
    internal override IPayloadMemory Memory => HeapMemory.Instance;

    internal override void Post(Action action) => Background.Queue(static action => action(), action);

    internal override WorkerConnection Connect()
    {
        string name = $"tandem-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12))}";
        // A pipe on Unix is a socket in the folder for temporary files, which may be another one for the worker.
        if (!OperatingSystem.IsWindows())
            name = Path.Combine(Path.GetTempPath(), name);

        return new PortableConnection(Listen(name), name);
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
            // Of the 108 bytes for a socket's path, which end with a zero, the file's name takes some.
            int longest = OperatingSystem.IsWindows() ? 0 : 107 - 2 - Path.GetFileName(name).Length - 1;
            throw new WorkerStartException($"The pipes of a worker could not be made: {SystemLimits.Explain(e)}. {SystemLimits.TemporaryFolder(Path.GetTempPath(), longest)}".TrimEnd(), e);
        }
    }
}

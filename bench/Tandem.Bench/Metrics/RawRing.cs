using System.Diagnostics;
using System.Globalization;
using Tandem.Bench.Children;
using Tandem.Transport.SharedMemory;

namespace Tandem.Bench.Metrics;

/// <summary>A process that echoes what it finds in a ring, and this process's end of it.</summary>
internal sealed unsafe class RawRing : IDisposable
{
    // Values of frames that change how the echo waits for the next one.
    private const int Park = 1;
    private const int Spin = 2;

    private readonly SharedRegion _region;
    private readonly RingEnd _end;
    private readonly Process _echo;
    private bool _parking = true;

    private RawRing(SharedRegion region, Process echo)
    {
        _region = region;
        _echo = echo;
        _end = new RingEnd(region.Address, isParent: true);
    }

    internal static RawRing Open()
    {
        SharedRegion region = SharedRegion.Create("bench-ring", RingEnd.Length, othersReadOnly: false);
        try
        {
            string descriptor = string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{region.Descriptor}");
            var ring = new RawRing(region, ChildProcess.Start(ChildRoles.Echo, descriptor));
            ring.RoundTrip();
            return ring;
        }
        catch
        {
            region.Dispose();
            throw;
        }
    }

    /// <summary>Whether both sides sleep on their futex each time, or spin.</summary>
    internal void SetParking(bool parking)
    {
        _end.Send(parking ? Park : Spin, parked: true);
        _ = _end.Receive(park: true, IsAlive);
        _parking = parking;
    }

    internal void RoundTrip()
    {
        _end.Send(0, _parking);
        _ = _end.Receive(_parking, IsAlive);
    }

    /// <summary>The other process: echoes until its standard input ends.</summary>
    internal static void Echo(string descriptor)
    {
        var watch = new Thread(static () =>
        {
            _ = Console.OpenStandardInput().ReadByte();
            Environment.Exit(0);
        });
        watch.IsBackground = true;
        watch.Start();

        // Kept open for ever: the region's own descriptor would close it a second time.
        var handle = File.OpenHandle(descriptor, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var end = new RingEnd(SharedRegion.Open((int)handle.DangerousGetHandle(), RingEnd.Length, writable: true).Address, isParent: false);
        bool park = true;
        while (true)
        {
            int value = end.Receive(park, static () => true);
            bool parked = park || value == Park;
            park = value == 0 ? park : value == Park;
            end.Send(value, parked);
        }
    }

    public void Dispose()
    {
        ChildProcess.End(_echo);
        _region.Dispose();
    }

    private bool IsAlive() => !_echo.HasExited;
}

namespace Tandem.Bench.Metrics;

/// <summary>Arrays that are made once in each process, so that making them is no part of what is measured.</summary>
internal static class Blob
{
    private static readonly Lock Gate = new();
    private static byte[] s_last = [];

    internal static byte[] OfSize(int size)
    {
        lock (Gate)
        {
            if (s_last.Length != size)
            {
                s_last = new byte[size];
                new Random(1).NextBytes(s_last);
            }

            return s_last;
        }
    }
}

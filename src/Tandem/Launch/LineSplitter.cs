namespace Tandem.Launch;

/// <summary>Splits a stream of bytes into lines. A line that is too long is split.</summary>
internal sealed class LineSplitter(Action<string> onLine)
{
    private const int MaximumLength = 16 * 1024;

    private readonly List<byte> _line = [];

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int end = bytes.IndexOf((byte)'\n');
            ReadOnlySpan<byte> part = end < 0 ? bytes : bytes[..end];
            int room = MaximumLength - _line.Count;
            _line.AddRange(part.Length > room ? part[..room] : part);
            if (end < 0)
            {
                if (_line.Count >= MaximumLength)
                    Flush();
                return;
            }

            Flush();
            bytes = bytes[(end + 1)..];
        }
    }

    /// <summary>Delivers an unterminated last line.</summary>
    internal void End()
    {
        if (_line.Count > 0)
            Flush();
    }

    private void Flush()
    {
        ReadOnlySpan<byte> line = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_line);
        if (line.EndsWith("\r"u8))
            line = line[..^1];

        onLine(System.Text.Encoding.UTF8.GetString(line));
        _line.Clear();
    }
}

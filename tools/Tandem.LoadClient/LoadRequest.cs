using System.Text;

namespace Tandem.LoadClient;

/// <summary>A request, and what its answer must be, byte for byte.</summary>
public sealed class LoadRequest
{
    private readonly byte[]? _answer;
    private readonly long? _patternLength;

    private readonly bool _anyAnswer;

    private LoadRequest(string path, byte[]? answer, long? patternLength, byte[]? body, bool anyAnswer = false)
    {
        _anyAnswer = anyAnswer;
        Path = path;
        Body = body;
        _answer = answer;
        _patternLength = patternLength;
    }

    /// <summary>The plain text of <c>/</c>.</summary>
    public static LoadRequest Plaintext { get; } = Get("/", "Hello, World!");

    /// <summary>The small object of <c>/json</c>.</summary>
    public static LoadRequest Json { get; } = Get("/json", """{"text":"Hello, World!"}""");

    /// <summary>The id of the process that answers: a number, the same for all requests of a connection.</summary>
    public static LoadRequest Pid { get; } = new("/pid", null, null, null);

    /// <summary>The path, with a query where there is one.</summary>
    public string Path { get; }

    /// <summary>What is posted; null where the request is a GET.</summary>
    internal byte[]? Body { get; }

    /// <summary>Whether the answer is the id of a process.</summary>
    internal bool IsPid => _answer is null && _patternLength is null && !_anyAnswer;

    /// <summary>How long the answer must be; null where only its form is known.</summary>
    internal long? Length => _answer?.Length ?? _patternLength;

    /// <summary>Any path with an answer that is known.</summary>
    public static LoadRequest Get(string path, string answer) => new(path, Encoding.UTF8.GetBytes(answer), null, null);

    /// <summary>Any path with an answer that is complete, and not empty, but not known.</summary>
    public static LoadRequest AnyAnswer(string path) => new(path, null, null, null, anyAnswer: true);

    /// <summary>An answer that takes some milliseconds.</summary>
    public static LoadRequest Slow(int milliseconds) => Get($"/slow?ms={milliseconds}", "slow");

    /// <summary>An answer of so many KiB, with a length.</summary>
    public static LoadRequest Big(int kib) => new($"/big?kib={kib}", null, kib * 1024L, null);

    /// <summary>An answer of so many KiB, in chunks.</summary>
    public static LoadRequest Chunked(int kib) => new($"/chunked?kib={kib}", null, kib * 1024L, null);

    /// <summary>So many bytes that are posted and must come back.</summary>
    public static LoadRequest Echo(int length)
    {
        byte[] body = new byte[length];
        for (int offset = 0; offset < length; offset += Pattern.Period)
            Pattern.At(offset, length - offset).CopyTo(body.AsMemory(offset));

        return new LoadRequest("/echo", body, null, body);
    }

    /// <summary>Whether a part of an answer is what it must be.</summary>
    internal bool Accepts(long offset, ReadOnlySpan<byte> part)
    {
        if (_anyAnswer)
            return true;
        if (_answer is not null)
            return offset + part.Length <= _answer.Length && part.SequenceEqual(_answer.AsSpan((int)offset, part.Length));
        if (_patternLength is null)
            return offset + part.Length < 10 && !part.ContainsAnyExceptInRange((byte)'0', (byte)'9');
        if (offset + part.Length > _patternLength)
            return false;

        while (part.Length > 0)
        {
            ReadOnlySpan<byte> expected = Pattern.At(offset, part.Length).Span;
            if (!part[..expected.Length].SequenceEqual(expected))
                return false;

            part = part[expected.Length..];
            offset += expected.Length;
        }

        return true;
    }

    /// <summary>The bytes of the request in HTTP/1.1.</summary>
    internal byte[] Write(string host, bool close)
    {
        var text = new StringBuilder();
        text.Append(Body is null ? "GET " : "POST ").Append(Path).Append(" HTTP/1.1\r\nHost: ").Append(host).Append("\r\n");
        if (close)
            text.Append("Connection: close\r\n");
        if (Body is not null)
            text.Append("Content-Type: application/octet-stream\r\nContent-Length: ").Append(Body.Length).Append("\r\n");

        return [.. Encoding.ASCII.GetBytes(text.Append("\r\n").ToString()), .. Body ?? []];
    }
}

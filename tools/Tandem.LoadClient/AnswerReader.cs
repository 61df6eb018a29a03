using System.Buffers.Text;
using System.Text;

namespace Tandem.LoadClient;

/// <summary>What an answer said beside what was expected of it.</summary>
/// <param name="Closes">Whether the server closes the connection behind it.</param>
/// <param name="Number">The number that it was, for a process id.</param>
internal readonly record struct Answer(bool Closes, int Number);

/// <summary>An answer that is complete but not the one to its request.</summary>
internal sealed class WrongAnswerException(string message) : Exception(message);

/// <summary>Reads answers of HTTP/1.1 and checks every byte. One for each client, whose connections follow each other.</summary>
internal sealed class AnswerReader
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private Stream _stream = Stream.Null;
    private int _start;
    private int _end;

    /// <summary>Whether a byte of the present answer has come.</summary>
    internal bool InAnswer { get; private set; }

    /// <summary>Whether there are bytes that belong to no answer that was read.</summary>
    internal bool HasMore => _start < _end;

    private Span<byte> Buffered => _buffer.AsSpan(_start, _end - _start);

    internal void Attach(Stream stream)
    {
        _stream = stream;
        _start = _end = 0;
        InAnswer = false;
    }

    /// <summary>Before a request is sent, to which no byte can have come.</summary>
    internal void Expect() => InAnswer = HasMore;

    /// <exception cref="IOException">The connection ended.</exception>
    /// <exception cref="WrongAnswerException">It is not the answer to this request.</exception>
    internal async ValueTask<Answer> ReadAsync(LoadRequest request)
    {
        InAnswer = HasMore;
        int end;
        while ((end = Buffered.IndexOf("\r\n\r\n"u8)) < 0)
            await FillAsync();

        Head head = Head.Parse(Buffered[..(end + 2)]);
        _start += end + 4;
        int number = 0;
        long length;
        if (head.IsChunked)
        {
            length = 0;
            while (await ReadChunkSizeAsync() is > 0 and var chunk)
            {
                number = await ReadBodyAsync(request, length, chunk, number);
                length += chunk;
                await ReadLineEndAsync();
            }

            await ReadLineEndAsync();
        }
        else
        {
            length = head.Length;
            number = await ReadBodyAsync(request, 0, length, 0);
        }

        if (request.Length is { } expected ? length != expected : length == 0)
            throw new WrongAnswerException($"{length} bytes, not {request.Length}");

        InAnswer = false;
        return new Answer(head.Closes, number);
    }

    /// <summary>Waits for the server to close the connection.</summary>
    /// <exception cref="WrongAnswerException">It sent more instead.</exception>
    internal async ValueTask ReadEndAsync()
    {
        try
        {
            if (HasMore || await _stream.ReadAsync(_buffer) > 0)
                throw new WrongAnswerException("bytes behind the last answer");
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Reset rather than closed, which takes nothing away from an answer that is complete.
        }
    }

    private async ValueTask<int> ReadBodyAsync(LoadRequest request, long offset, long length, int number)
    {
        while (length > 0)
        {
            if (!HasMore)
                await FillAsync();

            int part = (int)Math.Min(length, _end - _start);
            ReadOnlySpan<byte> bytes = Buffered[..part];
            if (!request.Accepts(offset, bytes))
                throw new WrongAnswerException($"another body, from within {part} bytes at {offset}");

            if (request.IsPid)
            {
                foreach (byte digit in bytes)
                    number = number * 10 + (digit - '0');
            }

            offset += part;
            length -= part;
            _start += part;
        }

        return number;
    }

    private async ValueTask<long> ReadChunkSizeAsync()
    {
        int end;
        while ((end = Buffered.IndexOf("\r\n"u8)) < 0)
            await FillAsync();

        if (!Utf8Parser.TryParse(Buffered[..end], out long size, out int consumed, 'x') || consumed != end)
            throw new WrongAnswerException("a chunk without a size");

        _start += end + 2;
        return size;
    }

    private async ValueTask ReadLineEndAsync()
    {
        while (_end - _start < 2)
            await FillAsync();

        if (!Buffered.StartsWith("\r\n"u8))
            throw new WrongAnswerException("a chunk that is longer than its size, or a trailer");

        _start += 2;
    }

    private async ValueTask FillAsync()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_end == _buffer.Length)
        {
            if (_start == 0)
                throw new WrongAnswerException($"no end of a line within {_end} bytes");

            Buffered.CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        int count = await _stream.ReadAsync(_buffer.AsMemory(_end));
        if (count == 0)
            throw new EndOfStreamException("closed");

        InAnswer = true;
        _end += count;
    }

    /// <summary>The head of an answer.</summary>
    private readonly record struct Head(long Length, bool IsChunked, bool Closes)
    {
        internal static Head Parse(ReadOnlySpan<byte> text)
        {
            if (!text.StartsWith("HTTP/1.1 200 "u8))
                throw new WrongAnswerException($"\"{Encoding.ASCII.GetString(text[..Math.Min(40, text.IndexOf("\r\n"u8))])}\"");

            long length = -1;
            bool chunked = false, closes = false;
            text = text[(text.IndexOf("\r\n"u8) + 2)..];
            while (text.Length > 0)
            {
                int end = text.IndexOf("\r\n"u8), colon = text[..end].IndexOf((byte)':');
                if (colon <= 0)
                    throw new WrongAnswerException("a header without a name");

                ReadOnlySpan<byte> name = text[..colon], value = text[(colon + 1)..end].Trim((byte)' ');
                if (Ascii.EqualsIgnoreCase(name, "Content-Length"u8))
                {
                    if (length >= 0 || !Utf8Parser.TryParse(value, out length, out int consumed) || consumed != value.Length || length < 0)
                        throw new WrongAnswerException("a length that is none");
                }
                else if (Ascii.EqualsIgnoreCase(name, "Transfer-Encoding"u8))
                {
                    chunked = Ascii.EqualsIgnoreCase(value, "chunked"u8) ? true : throw new WrongAnswerException("a coding that is unknown");
                }
                else if (Ascii.EqualsIgnoreCase(name, "Connection"u8))
                {
                    closes |= Ascii.EqualsIgnoreCase(value, "close"u8);
                }

                text = text[(end + 2)..];
            }

            return length >= 0 != chunked ? new Head(length, chunked, closes) : throw new WrongAnswerException("neither a length nor chunks, or both");
        }
    }
}

using System.Text;

namespace Tandem.Tool.Top.View;

/// <summary>One line of the screen.</summary>
internal sealed class ScreenLine
{
    private readonly List<Piece> _pieces = [];

    internal IReadOnlyList<Piece> Pieces => _pieces;

    internal int Length { get; private set; }

    /// <summary>Whether the line is selected, so that keys apply to it.</summary>
    internal bool IsSelected { get; init; }

    /// <summary>
    /// Adds a text. Control characters are removed, because names of other programs must not reach the terminal as commands.
    /// </summary>
    internal ScreenLine Add(string text, Look look = Look.Plain)
    {
        string clean = Clean(text);
        if (clean.Length > 0)
            _pieces.Add(new Piece(clean, look));

        Length += clean.Length;
        return this;
    }

    /// <summary>Adds a text, padded or cut to a width, aligned to the left or the right.</summary>
    internal ScreenLine Add(string text, int width, Look look = Look.Plain, bool right = false)
    {
        string clean = Clean(text);
        if (clean.Length > width)
            clean = width > 3 ? string.Concat(clean.AsSpan(0, width - 2), "..") : clean[..Math.Max(0, width)];

        return Add(right ? clean.PadLeft(width) : clean.PadRight(width), look);
    }

    /// <summary>Returns the line, cut to a width.</summary>
    internal ScreenLine Cut(int width)
    {
        if (Length <= width)
            return this;

        var line = new ScreenLine { IsSelected = IsSelected };
        foreach (Piece piece in _pieces)
        {
            int room = width - line.Length;
            if (room <= 0)
                break;

            line.Add(piece.Text.Length <= room ? piece.Text : piece.Text[..room], piece.Look);
        }

        return line;
    }

    public override string ToString() => string.Concat(_pieces.Select(static piece => piece.Text)).TrimEnd();

    /// <summary>The line with the terminal's escape codes for its styles.</summary>
    internal string ToTerminal(int width)
    {
        var text = new StringBuilder();
        foreach (Piece piece in _pieces)
        {
            string codes = Codes(piece.Look);
            if (IsSelected)
                codes = codes.Length > 0 ? codes + ";7" : "7";
            if (codes.Length > 0)
                text.Append("\e[").Append(codes).Append('m').Append(piece.Text).Append("\e[0m");
            else
                text.Append(piece.Text);
        }

        if (IsSelected && Length < width)
            text.Append("\e[7m").Append(' ', width - Length).Append("\e[0m");

        return text.ToString();
    }

    /// <summary>The line without escape codes; a selected line has a mark in the first column, which is otherwise empty.</summary>
    internal string ToPlain()
    {
        string text = ToString();
        return IsSelected ? $">{(text is [' ', ..] ? text[1..] : text)}" : text;
    }

    private static string Codes(Look look) => look switch
    {
        Look.Dim => "2",
        Look.Bold => "1",
        Look.Title => "7",
        Look.Good => "32",
        Look.Warning => "33",
        Look.Bad => "31",
        Look.Accent => "36",
        _ => "",
    };

    private static string Clean(string text) =>
        text.AsSpan().ContainsAnyInRange('\0', '\x1F') || text.AsSpan().ContainsAnyInRange('\x7F', '\x9F')
            ? string.Create(text.Length, text, static (target, source) =>
            {
                for (int i = 0; i < target.Length; i++)
                    target[i] = char.IsControl(source[i]) ? ' ' : source[i];
            })
            : text;
}

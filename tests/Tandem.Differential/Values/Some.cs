using System.Globalization;
using System.Linq.Expressions;

namespace Tandem.Differential.Values;

/// <summary>Random parts that lines of the corpus are made of.</summary>
public static class Some
{
    private static readonly string[] Words =
        ["lamp", "Ada", "ada", "", " ", "straße", "naïve", "日本", "😀", "\ud800", "a\0b", "line\nline", "\"quoted\"", "Zoë", "x", "LAMP", "null"];

    // A list of its own: the system's is longer after somebody asked for a zone by another name.
    private static readonly string[] Zones =
    [
        "Africa/Casablanca", "Africa/Windhoek", "America/Glace_Bay", "America/Guyana", "America/Nuuk", "America/Caracas", "America/New_York", "America/Havana",
        "Antarctica/Troll", "Asia/Hovd", "Asia/Tehran", "Asia/Pyongyang", "Asia/Kolkata", "Asia/Gaza", "Australia/Lord_Howe", "Australia/Sydney", "Europe/Copenhagen",
        "Europe/Dublin", "Europe/Istanbul", "Europe/London", "Europe/Lisbon", "Etc/GMT+12", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati", "UTC",
    ];

    /// <summary>A time zone.</summary>
    public static string Zone(Random r) => Zones[r.Next(Zones.Length)];

    /// <summary>A text: short, long, strange.</summary>
    public static string Text(Random r) => r.Next(12) == 0 ? new string((char)r.Next(32, 0x3000), r.Next(300)) : Words[r.Next(Words.Length)] + r.Next(20);

    /// <summary>A word that is good as a name of anything.</summary>
    public static string Word(Random r) => "w" + r.Next(1000).ToString(CultureInfo.InvariantCulture);

    /// <summary>A number: often one at an edge.</summary>
    public static int Int(Random r) => r.Next(6) switch { 0 => 0, 1 => int.MaxValue, 2 => int.MinValue, 3 => -1, _ => r.Next() };

    /// <summary>A few of something.</summary>
    public static T[] Few<T>(Random r, Func<Random, T> one) => [.. Enumerable.Range(0, r.Next(6)).Select(_ => one(r))];

    /// <summary>Several of something, at least one.</summary>
    public static T[] More<T>(Random r, Func<Random, T> one) => [.. Enumerable.Range(0, r.Next(1, 7)).Select(_ => one(r))];

    /// <summary>An expression tree over a variable.</summary>
    public static Expression<Func<int, string>> CapturingTree(int number) => x => (x + number).ToString(CultureInfo.InvariantCulture);

    /// <summary>Changes something that was just made.</summary>
    public static T With<T>(T value, Action<T> change)
    {
        change(value);
        return value;
    }

    /// <summary>An exception that was thrown, so that it has a stack.</summary>
    public static Exception Thrown(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e)
        {
            return e;
        }

        throw new InvalidOperationException("nothing was thrown");
    }
}

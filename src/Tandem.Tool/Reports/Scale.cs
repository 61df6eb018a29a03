using System.Globalization;

namespace Tandem.Tool.Reports;

/// <summary>Maps values to positions along one axis.</summary>
internal sealed class Scale
{
    private readonly double _least;
    private readonly double _most;
    private readonly double _from;
    private readonly double _to;
    private readonly bool _logarithmic;

    private Scale(double least, double most, double from, double to, bool logarithmic, double[] ticks)
    {
        _least = least;
        _most = most;
        _from = from;
        _to = to;
        _logarithmic = logarithmic;
        Ticks = ticks;
    }

    /// <summary>The values that get a line and a label.</summary>
    internal double[] Ticks { get; }

    /// <summary>Creates a linear scale from 0 to a round number beyond the largest value.</summary>
    internal static Scale Linear(double most, double from, double to)
    {
        const int Steps = 5;
        double step = RoundUp(Math.Max(most, 1e-12) / Steps);
        int count = (int)Math.Ceiling(Math.Max(most, 1e-12) / step * (1 - 1e-9));
        double[] ticks = [.. Enumerable.Range(0, count + 1).Select(index => index * step)];
        return new Scale(0, ticks[^1], from, to, false, ticks);
    }

    /// <summary>Creates a logarithmic scale between powers of a base around positive values.</summary>
    internal static Scale Logarithmic(double least, double most, double from, double to, double powersOf = 10)
    {
        least = Math.Max(least, 1e-12);
        most = Math.Max(most, least);
        int first = (int)Math.Floor(Math.Log(least, powersOf) + 1e-9);
        int last = Math.Max(first + 1, (int)Math.Ceiling(Math.Log(most, powersOf) - 1e-9));
        double[] ticks = [.. Enumerable.Range(first, last - first + 1).Select(power => Math.Pow(powersOf, power))];
        return new Scale(ticks[0], ticks[^1], from, to, true, ticks);
    }

    internal double this[double value]
    {
        get
        {
            double share = _logarithmic
                ? Math.Log(Math.Max(value, _least) / _least) / Math.Log(_most / _least)
                : (value - _least) / (_most - _least);
            return _from + (Math.Clamp(share, 0, 1) * (_to - _from));
        }
    }

    internal static string Plain(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>Rounds up to 1, 2 or 5 times a power of ten.</summary>
    private static double RoundUp(double value)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        double digits = value / power;
        return power * (digits <= 1 ? 1 : digits <= 2 ? 2 : digits <= 5 ? 5 : 10);
    }
}

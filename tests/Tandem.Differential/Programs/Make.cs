namespace Tandem.Differential.Programs;

/// <summary>What generated programs call.</summary>
public static class Make
{
    /// <summary>A value from random numbers.</summary>
    public static T Of<T>(int seed, Func<Random, T> make) => make(new Random(seed));

    /// <summary>Gives a value a name, as a parameter of a lambda.</summary>
    public static Task Let<T>(T value, Func<T, Task> use) => use(value);

    /// <summary>Gives a value a name, as an out variable.</summary>
    public static bool Out<T>(T value, out T found)
    {
        found = value;
        return true;
    }

    /// <summary>Reads by reference.</summary>
    public static string ByReference<T>(ref T value, Origin origin) => Look.At(value, origin);

    /// <summary>An exception with a value.</summary>
    public static Exception Carrier<T>(T value) => new CarrierException<T>("carries") { Value = value };

    private sealed class CarrierException<T>(string message) : Exception(message)
    {
        public T? Value { get; init; }
    }
}

using CsCheck;

namespace Tandem.Tests.Serialization;

/// <summary>Runs a property on the same generated values every time, so that a failure is one for everybody.</summary>
internal static class Repeatable
{
    private const uint Stream = 1;
    private const ulong Seed = 20260101;

    internal static void Check<T>(Gen<T> generator, Action<T> property, int times = 500)
    {
        var random = new PCG(Stream, Seed);
        for (int i = 0; i < times; i++)
        {
            T value = generator.Generate(random, null, out _);
            try
            {
                property(value);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"case {i}: {value}", e);
            }
        }
    }
}

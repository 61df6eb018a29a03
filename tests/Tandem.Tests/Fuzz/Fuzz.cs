using System.Globalization;

namespace Tandem.Tests.Fuzz;

/// <summary>
/// Cases from a seed: TANDEM_FUZZ_SEED repeats a run, TANDEM_FUZZ_FACTOR makes it so many times longer, TANDEM_FUZZ_CASES is the number
/// of cases of each test.
/// </summary>
internal static class Cases
{
    internal static void Run(int count, Action<Random> run)
    {
        int seed = Read("TANDEM_FUZZ_SEED", Random.Shared.Next());
        long cases = (long)Read("TANDEM_FUZZ_CASES", count) * Read("TANDEM_FUZZ_FACTOR", 1);
        for (long i = 0; i < cases; i++)
        {
            int own = unchecked(seed + (int)i * 7919);
            try
            {
                run(new Random(own));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Case {i} of seed {seed} (TANDEM_FUZZ_SEED={own} makes it the first): {e.Message}", e);
            }
        }
    }

    /// <summary>Flips bits, overwrites numbers with extremes, repeats and swaps pieces.</summary>
    internal static void Mutate(Random random, Span<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;

        for (int i = random.Next(1, 5); i > 0; i--)
        {
            int at = random.Next(bytes.Length);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2 when bytes.Length >= 4:
                    BitConverter.TryWriteBytes(bytes[(at / 4 * 4)..], Extreme(random));
                    break;
                case 3 when bytes.Length >= 8:
                    BitConverter.TryWriteBytes(bytes[(at / 8 * 8)..], (long)Extreme(random) << random.Next(32));
                    break;
                default:
                    int length = random.Next(1, Math.Min(32, bytes.Length) + 1);
                    Span<byte> piece = bytes.Slice(random.Next(bytes.Length - length + 1), length);
                    piece.ToArray().CopyTo(bytes.Slice(random.Next(bytes.Length - length + 1), length));
                    break;
            }
        }
    }

    internal static int Extreme(Random random) => random.Next(8) switch
    {
        0 => int.MaxValue,
        1 => int.MinValue,
        2 => -1,
        3 => 0,
        4 => random.Next(1, 300),
        5 => 1 << random.Next(31),
        6 => (1 << random.Next(31)) - 1,
        _ => random.Next(),
    };

    private static int Read(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}

namespace Tandem.Bench.Harness;

/// <summary>One backend in a comparison.</summary>
/// <param name="Backend">Its name.</param>
/// <param name="MeasureAsync">Makes one round and gives its figure.</param>
internal sealed record Contender(string Backend, Func<Task<double>> MeasureAsync)
{
    /// <summary>For work that needs no await: leaves the caller's stack, so that every contender starts on a pool thread.</summary>
    internal static Contender OfSync(string backend, Func<double> measure) => new(backend, () => Task.Run(measure));
}

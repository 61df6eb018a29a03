namespace Tandem.Differential.Tests;

/// <summary>
/// Whatever is sent to a worker gives there what it gives in a task of this process, or is refused by name. The cases are the same in
/// each run; other ones by hand: see <c>docs/testing.md</c>.
/// </summary>
public sealed class DifferentialTests(DifferentialTests.Pools pools) : IClassFixture<DifferentialTests.Pools>
{
    private const int Batches = 8;
    private const int FormsInBatch = 160;
    private const int ProgramsInBatch = 112;
    private const int SlowEvery = 10;
    private const int Seed = 1;
    private const int LongestTest = 300_000;

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Batches)];

    [Theory(Timeout = LongestTest)]
    [MemberData(nameof(Numbers))]
    public Task Values_of_every_kind_arrive_unchanged_in_every_form(int batch) =>
        CompareAsync(Enumerable.Range(batch * FormsInBatch, FormsInBatch).Select(static number => Case.OfForm(number, Seed)));

    [Theory(Timeout = LongestTest)]
    [MemberData(nameof(Numbers))]
    public Task Generated_programs_give_the_same_in_every_engine(int batch) =>
        CompareAsync(Enumerable.Range(batch * ProgramsInBatch, ProgramsInBatch).Select(static number => ProgramCases.Of(number, Seed)));

    [Fact]
    public void Names_of_the_corpus_are_unique()
    {
        Assert.Equal(Corpus.All.Count, Corpus.All.Select(static value => value.Name).Distinct().Count());
        Assert.Equal(Forms.AllForms.List.Count, Forms.AllForms.List.Select(static form => form.Name).Distinct().Count());
    }

    private async Task CompareAsync(IEnumerable<Case> cases)
    {
        var comparison = new Comparison(pools.Engines);
        await comparison.RunAsync(cases, SlowEvery);
        TestContext.Current.TestOutputHelper?.WriteLine(comparison.Summary);
        Assert.True(comparison.Differences.Count == 0, CommandLine.Report(comparison, Seed, 10, ProgramCases.TextOf));
    }

    /// <summary>One set of pools for all batches.</summary>
    public sealed class Pools : IAsyncLifetime
    {
        internal Engines Engines { get; } = new();

        public ValueTask InitializeAsync() => default;

        public ValueTask DisposeAsync() => Engines.DisposeAsync();
    }
}

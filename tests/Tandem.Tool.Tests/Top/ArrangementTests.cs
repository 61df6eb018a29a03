using Tandem.Tool.Top;

namespace Tandem.Tool.Tests.Top;

/// <summary>What is shown of a report, and in which order; the same for the screen, for text and for JSON.</summary>
public sealed class ArrangementTests
{
    private static readonly TopReport Report = new(
        DateTimeOffset.UnixEpoch,
        [
            Program("Shop", Pool("thumbnails", Worker(1, "busy", "photo-1", cpu: 10), Worker(2, "idle", null, cpu: 90)), Pool("parser", Worker(3, "busy", "log-3", cpu: 50))),
            Program("Other", Pool("parser", Worker(4, "idle", null, cpu: 1))),
        ],
        ["a note"]);

    [Theory]
    [InlineData("", "Shop(thumbnails(1 2) parser(3)) Other(parser(4))")]
    [InlineData("shop", "Shop(thumbnails(1 2) parser(3))")]
    [InlineData("parser", "Shop(parser(3)) Other(parser(4))")]
    [InlineData("PHOTO", "Shop(thumbnails(1))")]
    [InlineData("idle", "Shop(thumbnails(2)) Other(parser(4))")]
    [InlineData("nothing like it", "")]
    public void A_filter_leaves_what_has_the_text(string filter, string expected) =>
        Assert.Equal(expected, Words(new Arrangement(SortOrder.Id, IsReversed: false, filter).Of(Report)));

    [Theory]
    [InlineData(SortOrder.Id, false, "1 2")]
    [InlineData(SortOrder.Id, true, "2 1")]
    [InlineData(SortOrder.Cpu, false, "2 1")]
    [InlineData(SortOrder.Cpu, true, "1 2")]
    public void Workers_are_ordered(object order, bool isReversed, string expected) =>
        Assert.StartsWith($"Shop(thumbnails({expected})", Words(new Arrangement((SortOrder)order, isReversed, "").Of(Report)), StringComparison.Ordinal);

    [Fact]
    public void Notes_are_not_filtered() => Assert.Equal(["a note"], new Arrangement(SortOrder.Id, IsReversed: false, "nothing like it").Of(Report).Notes);

    private static string Words(TopReport report) =>
        string.Join(' ', report.Programs.Select(static program => $"{program.Name}({string.Join(' ', program.Pools.Select(Words))})"));

    private static string Words(PoolReport pool) => $"{pool.Name}({string.Join(' ', pool.Workers.Select(static worker => worker.Id))})";

    private static ProgramReport Program(string name, params PoolReport[] pools) => new(100, null, name, 10, Usage.Unknown, pools);

    private static PoolReport Pool(string name, params WorkerReport[] workers) =>
        new(1, name, "process", workers.Length, 1, 0, null, null, new Totals(0, 0, 0, 0, 0, 0, 0, 0), null, [], workers);

    private static WorkerReport Worker(int id, string state, string? item, double cpu) => new(id, null, state, item, null, 0, 0, null, Usage.Unknown with { CpuPercent = cpu });
}

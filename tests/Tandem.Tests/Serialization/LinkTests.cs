using Tandem.Serialization;

namespace Tandem.Tests.Serialization;

public class LinkTests
{
    private readonly TestLinks _links = new();

    [Fact]
    public void A_token_arrives_through_the_call()
    {
        using var source = new CancellationTokenSource();
        CancellationToken read = Wire.RoundTrip(source.Token, _links);
        Assert.False(read.IsCancellationRequested);
        source.Cancel();
        Assert.True(read.IsCancellationRequested);
        Assert.Single(_links.Tokens);
    }

    [Fact]
    public void A_token_that_cannot_change_any_more_needs_no_call()
    {
        Assert.False(Wire.RoundTrip(CancellationToken.None).CanBeCanceled);
        Assert.True(Wire.RoundTrip(new CancellationToken(true)).IsCancellationRequested);
    }

    [Fact]
    public void A_token_outside_a_call_is_refused()
    {
        using var source = new CancellationTokenSource();
        WorkSerializationException e = Wire.Refused((1, source.Token));
        Assert.Equal(".Item2", e.Path);
        Assert.Contains("part of a call", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Progress_reports_come_back_whatever_holds_the_receiver()
    {
        int sum = 0;
        var progress = new Sum(value => sum += value);
        Wire.RoundTrip<IProgress<int>>(progress, _links).Report(1);
        ((IProgress<int>)Wire.RoundTrip<object>(progress, _links)).Report(2);
        Assert.Equal(3, sum);
        Assert.Equal(2, _links.Progresses.Count);

        IProgress<string>[] both = Wire.RoundTrip<IProgress<string>[]>([new Progress<string>(), new Progress<string>()], _links);
        Assert.All(both, p => Assert.IsType<Progress<string>>(p, exactMatch: false));
        Assert.NotNull(Wire.RoundTrip(new Progress<string>(), _links));
        Assert.Null(Wire.RoundTrip<IProgress<string>?>(null, _links));
    }

    [Fact]
    public void A_receiver_of_two_kinds_of_reports_is_taken_as_the_declared_one()
    {
        var both = new Both();
        Wire.RoundTrip<IProgress<string>>(both, _links).Report("s");
        Wire.RoundTrip<IProgress<int>>(both, _links).Report(1);
        Assert.Equal(["s", 1], both.Reported);
    }

    [Fact]
    public void A_receiver_declared_as_its_own_class_is_refused()
    {
        WorkSerializationException e = Wire.Refused((1, new Reports()), _links);
        Assert.Contains("declare the variable as IProgress<Int32>", e.Message, StringComparison.Ordinal);
        Assert.Equal(".Item2", e.Path);
        Assert.Contains("part of a call", Wire.Refused<IProgress<int>>(new Reports()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_delegate_travels_with_the_call_only()
    {
        Func<int, int> twice = x => 2 * x;
        Assert.Equal(6, Wire.RoundTrip(twice, _links)(3));
        Assert.Equal(6, ((Func<int, int>)Wire.RoundTrip<Delegate>(twice, _links))(3));
        Func<object> covariant = (Func<string>)(() => "s");
        Assert.IsType<Func<string>>(Wire.RoundTrip(covariant, _links));
        Assert.Contains("part of a call", Wire.Refused(twice).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_delegate_whose_target_holds_it_arrives()
    {
        var target = new TestLinks.Refers();
        target.Back = target.Run;
        Assert.NotNull(Wire.RoundTrip(target.Back, _links));
        Action[] both = Wire.RoundTrip<Action[]>([target.Back, target.Back], _links);
        Assert.Same(both[0], both[1]);
    }

    [Fact]
    public void Numbers_that_no_link_knows_are_corrupt()
    {
        Assert.Throws<PayloadCorruptException>(() => Wire.Read<CancellationToken>(BitConverter.GetBytes(77), _links));
        Assert.Throws<PayloadCorruptException>(() => Wire.Read<CancellationToken>(BitConverter.GetBytes(-77), _links));
        Assert.Throws<PayloadCorruptException>(() => Wire.Read<CancellationToken>(BitConverter.GetBytes(0)));
        Assert.Throws<PayloadCorruptException>(() => Wire.Read<IProgress<int>>([2, 9, 0, 0, 0], _links));
    }

    private sealed class Sum(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }

    private sealed class Both : IProgress<int>, IProgress<string>
    {
        public List<object> Reported { get; } = [];

        public void Report(int value) => Reported.Add(value);

        public void Report(string value) => Reported.Add(value);
    }
}

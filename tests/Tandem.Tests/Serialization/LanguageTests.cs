namespace Tandem.Tests.Serialization;

/// <summary>Values of other languages than C#.</summary>
public class LanguageTests
{
    public static TheoryData<string> FSharpValues => [.. FSharp.Samples.Names];

    public static TheoryData<string> VisualBasicValues => [.. VisualBasic.Samples.Names];

    [Theory]
    [MemberData(nameof(FSharpValues))]
    public void A_value_of_FSharp_says_the_same_of_itself_each_time(string name) =>
        Assert.Equal(FSharp.Samples.Describe(name, FSharp.Samples.Make(name)), FSharp.Samples.Describe(name, FSharp.Samples.Make(name)));

    [Theory]
    [MemberData(nameof(VisualBasicValues))]
    public void A_value_of_Visual_Basic_says_the_same_of_itself_each_time(string name) =>
        Assert.Equal(
            VisualBasic.Samples.Describe(name, VisualBasic.Samples.Make(name)),
            VisualBasic.Samples.Describe(name, VisualBasic.Samples.Make(name)));

    [Theory]
    [MemberData(nameof(FSharpValues))]
    public void A_value_of_FSharp_arrives_as_it_was(string name)
    {
        object read = Wire.RoundTrip(FSharp.Samples.Make(name), new TestLinks());
        Assert.Equal(FSharp.Samples.Describe(name, FSharp.Samples.Make(name)), FSharp.Samples.Describe(name, read));
    }

    [Theory]
    [MemberData(nameof(VisualBasicValues))]
    public void A_value_of_Visual_Basic_arrives_as_it_was(string name)
    {
        object read = Wire.RoundTrip(VisualBasic.Samples.Make(name), new TestLinks());
        Assert.Equal(VisualBasic.Samples.Describe(name, VisualBasic.Samples.Make(name)), VisualBasic.Samples.Describe(name, read));
    }
}

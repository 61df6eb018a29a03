namespace Tandem.Tests.Promises;

public partial class PoolPromises
{
    [Fact(Timeout = Limits.Test)]
    public async Task Values_of_other_languages_are_in_the_work_what_they_are_here()
    {
        foreach (string name in FSharp.Samples.Names)
        {
            object value = FSharp.Samples.Make(name);
            string expected = FSharp.Samples.Describe(name, FSharp.Samples.Make(name));
            Assert.Equal($"{name}: {expected}", $"{name}: {await Pool.RunAsync(() => FSharp.Samples.Describe(name, value))}");
        }

        foreach (string name in VisualBasic.Samples.Names)
        {
            object value = VisualBasic.Samples.Make(name);
            string expected = VisualBasic.Samples.Describe(name, VisualBasic.Samples.Make(name));
            Assert.Equal($"{name}: {expected}", $"{name}: {await Pool.RunAsync(() => VisualBasic.Samples.Describe(name, value))}");
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Values_of_other_languages_come_back_as_results()
    {
        foreach (string name in FSharp.Samples.Names.Where(static n => !n.Contains("function", StringComparison.Ordinal)))
        {
            // The compiler copies the code of F#'s structural comparer into the program, and here the result is declared as an object.
            if (Backend.CopiesValues && name.EndsWith("by structure", StringComparison.Ordinal))
            {
                WorkSerializationException refused = await Assert.ThrowsAsync<WorkSerializationException>(
                    () => Pool.RunAsync(() => FSharp.Samples.Make(name)));
                Assert.Equal("result.Comparer", refused.Path);
                continue;
            }

            object result = await Pool.RunAsync(() => FSharp.Samples.Make(name));
            Assert.Equal(FSharp.Samples.Describe(name, FSharp.Samples.Make(name)), FSharp.Samples.Describe(name, result));
        }
    }
}

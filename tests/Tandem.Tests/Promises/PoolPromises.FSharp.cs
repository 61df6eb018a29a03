using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

public partial class PoolPromises
{
    public static TheoryData<string> CallsOfFSharp => [.. FSharp.Calls.Names];

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(CallsOfFSharp))]
    public async Task Calls_from_FSharp_compile_without_annotations_and_run(string call)
    {
        (string expected, string result) = await FSharp.Calls.Run(call, Pool, Backend.Options(1));

        Assert.Equal(expected, result);
    }
}

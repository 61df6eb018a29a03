using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

/// <summary>An outcome says what it is where it is printed: in logs, in a debugger, in the message of an assertion.</summary>
public class WorkResultTests
{
    [Fact(Timeout = Limits.Test)]
    public async Task An_outcome_says_its_position_and_its_value_or_its_error()
    {
        await using WorkerPool pool = WorkerPool.Threads(1);

        List<string> texts = await pool.MapResultsAsync(["7", "seven", ""], static text => text.Length == 0 ? null : (object)int.Parse(text, null))
            .Select(static result => result.ToString()).ToListAsync();

        Assert.Equal(["#0: 7", "#1: FormatException: The input string 'seven' was not in a correct format.", "#2: null"], texts);
        Assert.Equal("#0: 0", default(WorkResult<int>).ToString());
    }
}

using System.Globalization;

namespace Tandem.Serve.Tests.Infrastructure;

/// <summary>A request that the application has, and answers when the test wants it to.</summary>
/// <param name="file">The application waits for it.</param>
/// <param name="get">Asks for a path.</param>
internal sealed class HeldRequest(string file, Func<string, Task<string>> get)
{
    private string Begun => file + ".begun";

    /// <summary>The worker that has it.</summary>
    internal int ProcessId => int.Parse(File.ReadAllText(Begun), CultureInfo.InvariantCulture);

    internal Task<string> Answer { get; } = get("/until?file=" + Uri.EscapeDataString(file));

    /// <summary>Waits until the application has it.</summary>
    internal Task BegunAsync() => Eventually.Async(() => File.Exists(Begun) || Answer.IsCompleted);

    /// <summary>Has it answered, as it should be.</summary>
    internal async Task FinishAsync()
    {
        Assert.False(Answer.IsCompleted);
        await File.WriteAllTextAsync(file, "");
        Assert.Equal("released", await Answer);
    }
}

/// <summary>Tests in a test framework, whose attributes the project names; or a benchmark.</summary>
[Group]
public class Hosted
{
    [Case]
    public Task SharedMemory() => RunAsync("Auto");

    [Case]
    public Task Portable() => RunAsync("Portable");

    private static async Task RunAsync(string transport)
    {
        using var output = new StringWriter();
        await Scenario.RunAsync(transport, output);
        // A framework may keep the console to itself.
        string name = $"{Environment.GetEnvironmentVariable("HOSTED_OUTPUT")}-{transport}.txt";
        File.WriteAllText(name, output.ToString());
    }
}

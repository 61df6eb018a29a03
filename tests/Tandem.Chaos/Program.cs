using Tandem.Chaos;

if (args is ["--help" or "-h"])
{
    Console.WriteLine(ChaosOptions.Usage);
    return 0;
}

ChaosOptions options;
try
{
    options = ChaosOptions.Parse(args);
}
catch (Exception e) when (e is FormatException or ArgumentException)
{
    Console.Error.WriteLine(e.Message);
    Console.Error.WriteLine(ChaosOptions.Usage);
    return 2;
}

if (options.Marathon is { } marathon)
{
    List<string> complaints = await Marathon.RunAsync(marathon, marathon == "failing" ? (int)options.Time.TotalSeconds : (int)options.Items);
    complaints.ForEach(complaint => Console.WriteLine($"    {marathon}: {complaint} [FAIL]"));
    return complaints.Count == 0 ? 0 : 1;
}

Console.WriteLine($"seed {options.Seed}");
int failed = 0, total = 0;
Scenario[] scenarios = [.. Scenario.All.Where(scenario => options.Only is null || scenario.Name == options.Only)];
foreach (Scenario scenario in scenarios)
{
    total++;
    List<string> complaints = await ChaosRun.RunAsync(scenario, options, scenarios.Length);
    const int Shown = 20;
    foreach (string complaint in complaints.Take(Shown))
        Console.WriteLine($"    {scenario.Name}: {complaint} [FAIL]");
    if (complaints.Count > Shown)
        Console.WriteLine($"    {scenario.Name}: and {complaints.Count - Shown} more [FAIL]");

    failed += complaints.Count > 0 ? 1 : 0;
}

// In the form of the other test projects, which the test command sums up.
Console.WriteLine($"   Tandem.Chaos  Total: {total}, Errors: 0, Failed: {failed}, Skipped: 0, Not Run: 0");
return failed == 0 ? 0 : 1;

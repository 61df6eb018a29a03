// Each process that gets here leaves a line: a worker must not.
File.AppendAllText(Environment.GetEnvironmentVariable("MAIN_LOG")!, $"{Environment.ProcessId}\n");
Console.WriteLine("MAIN");
if (args is ["Move"])
    await Scenario.MoveAsync(Console.Out);
else
    await Scenario.RunAsync(args is [string transport] ? transport : "Auto", Console.Out);
Console.WriteLine("END");

using Tandem.Smoke;

if (args is ["--role", .. string[] role])
    return await Roles.RunAsync(role);

if (args is ["--help" or "-h"])
{
    Console.WriteLine(SmokeOptions.Usage);
    return 0;
}

SmokeOptions options;
try
{
    options = SmokeOptions.Parse(args);
}
catch (FormatException e)
{
    Console.Error.WriteLine(e.Message);
    Console.Error.WriteLine(SmokeOptions.Usage);
    return 2;
}

int exitCode = await Runner.RunAsync(options);
// A scenario that hung may have left threads that keep the process alive.
Environment.Exit(exitCode);
return exitCode;

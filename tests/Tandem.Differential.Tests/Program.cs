using Tandem.Differential;
using Tandem.Differential.Tests;

if (ComparisonOptions.AreFor(args))
    return await CommandLine.RunAsync(args, ProgramCases.Of, ProgramCases.TextOf);

// As the test framework's own entry point does.
return args.Any(static arg => arg is "--server" or "--internal-msbuild-node")
    ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);

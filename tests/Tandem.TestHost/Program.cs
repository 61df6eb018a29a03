using Tandem.TestHost;

// A program with a pool, for the tests that must look at it from outside: what is left when it ends, in whatever way.
if (Environment.GetEnvironmentVariable(Roles.MainTraces) is { Length: > 0 } folder)
    File.WriteAllText(Path.Combine(folder, $"{Environment.ProcessId}"), "");

string role = args.Length > 0 ? args[0] : "";
string kind = args.Length > 1 ? args[1] : "";
string work = args.Length > 2 ? args[2] : "idle";
switch (role)
{
    case "sleep":
        Roles.Say("ready");
        Thread.Sleep(Timeout.Infinite);
        return 0;

    case "hold": // waits to be killed
        await Roles.StartAsync(kind, work);
        Thread.Sleep(Timeout.Infinite);
        return 0;

    case "forget": // returns from Main without disposing its pool
        await Roles.StartAsync(kind, work);
        return 0;

    case "exit": // the same by Environment.Exit
        await Roles.StartAsync(kind, work);
        Environment.Exit(3);
        return 0;

    case "throw": // the same by an unhandled exception
        await Roles.StartAsync(kind, work);
        throw new InvalidOperationException("unhandled on purpose");

    case "nest": // pools inside the work items of pools
        Roles.Say(await Roles.NestAsync(kind, int.Parse(work, null)));
        return 0;

    case "parents": // its workers have children, and are in a state; waits to be killed
        await Children.StartAsync(kind, work, count: args.Length > 3 ? int.Parse(args[3], null) : 2);
        Thread.Sleep(Timeout.Infinite);
        return 0;

    case "limits": // with less of something than a program usually has
        Roles.Say(await Limited.RunAsync(kind, work));
        return 0;

    case "reload": // its code is changed while it runs
        await Reloads.RunAsync(kind, work);
        return 0;

    case "move": // its folder gets another name while it works
        await Moves.RunAsync(kind);
        return 0;

    case "memory": // very many calls
        Roles.Say(await LiveMemory.GrowthAsync(kind, int.Parse(work, null)));
        return 0;

    case "rounds": // pools that go through something again and again
        Roles.Say(await Rounds.RunAsync(kind, work));
        return 0;

    case "reuse": // another process gets the number of a child
        Roles.Say(await ReusedNumber.RunAsync(work));
        return 0;

    case "exits": // its workers end
        Roles.Say(await Exits.RunAsync(kind, work));
        return 0;

    case "traffic": // pools at work, until it is killed
        await Traffic.RunAsync(kind);
        return 0;

    case "inheritance": // another process has its descriptors; waits to be killed
        await Inheritance.StartAsync(kind);
        Thread.Sleep(Timeout.Infinite);
        return 0;

    case "libraries":
        Roles.Say(await Libraries.RunAsync(kind));
        return 0;

    case "hang": // items that never end
        await Traffic.HangAsync();
        return 0;

    default:
        Console.Error.WriteLine($"There is no role '{role}'.");
        return 1;
}

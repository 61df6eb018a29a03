using System.Runtime.Versioning;
using System.Text.Json;
using Tandem.Diagnostics;
using Tandem.Tool.Top.View;

namespace Tandem.Tool.Stacks;

/// <summary>Does what <c>tandem stacks</c> was asked for.</summary>
[SupportedOSPlatform("linux")]
internal static class StacksRunner
{
    private const int DefaultSamples = 20;

    internal static int Run(StacksSettings settings)
    {
        try
        {
            using ProcessStacks stacks = ProcessStacks.Open(settings.ProcessId);
            if (settings.Watch)
                Watch(settings, stacks);
            else
                Show(settings, stacks);

            return 0;
        }
        catch (StackException e)
        {
            Console.Error.WriteLine($"tandem stacks: {e.Message}");
            return 1;
        }
    }

    private static void Show(StacksSettings settings, ProcessStacks stacks)
    {
        StackSample sample = stacks.Take(settings.ThreadId);
        if (settings.Json)
        {
            Console.WriteLine(JsonSerializer.Serialize(StackReport.Of(sample), StacksJson.Default.StackReport));
            return;
        }

        foreach (string line in StackText.Lines(sample))
            Console.WriteLine(line);
    }

    private static void Watch(StacksSettings settings, ProcessStacks stacks)
    {
        var tree = new StackTree(settings.ProcessId);
        if (Terminal.IsInteractive && !settings.Json)
        {
            WatchView.RunAsync(settings, stacks, tree).GetAwaiter().GetResult();
        }
        else
        {
            int samples = settings.Samples ?? DefaultSamples;
            for (int i = 0; i < samples; i++)
            {
                if (i > 0)
                    Thread.Sleep(settings.Interval);

                tree.Add(stacks.Take(settings.ThreadId));
            }
        }

        if (settings.Json)
            Console.WriteLine(JsonSerializer.Serialize(tree.Report(), StacksJson.Default.TreeReport));
        else
            tree.Lines().ToList().ForEach(Console.WriteLine);
    }
}

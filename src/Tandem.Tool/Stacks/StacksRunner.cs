using System.Diagnostics.CodeAnalysis;
using System.Runtime.Versioning;
using System.Text.Json;
using Tandem.Diagnostics;
using Tandem.Tool.Top.View;

namespace Tandem.Tool.Stacks;

/// <summary>Runs <c>tandem stacks</c>.</summary>
[SupportedOSPlatform("linux")]
internal static class StacksRunner
{
    private const int DefaultSamples = 20;

    internal static async Task<int> RunAsync(StacksSettings settings, CancellationToken cancellationToken)
    {
        using ProcessStacks stacks = ProcessStacks.Open(settings.ProcessId);
        if (settings.Watch)
            await WatchAsync(settings, stacks, cancellationToken).ConfigureAwait(false);
        else
            Show(settings, stacks);

        return ExitCode.Success;
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

    private static async Task WatchAsync(StacksSettings settings, ProcessStacks stacks, CancellationToken cancellationToken)
    {
        var tree = new StackTree(settings.ProcessId);
        try
        {
            if (Terminal.IsInteractive && !settings.Json)
                await WatchView.RunAsync(settings, stacks, tree).ConfigureAwait(false);
            else
                await SampleAsync(settings, stacks, tree, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Also if the process has exited or the user cancelled: the samples so far are shown.
            if (tree.Samples > 0)
                Write(settings, tree);
        }
    }

    [SuppressMessage(
        "ApiDesign", "RS0030:Do not use banned APIs",
        Justification = "The interval between two samples, which the user chose.")]
    private static async Task SampleAsync(
        StacksSettings settings, ProcessStacks stacks, StackTree tree, CancellationToken cancellationToken)
    {
        int samples = settings.Samples ?? DefaultSamples;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            tree.Add(stacks.Take(settings.ThreadId));
            if (tree.Samples >= samples)
                return;

            await Task.Delay(settings.Interval, cancellationToken).ConfigureAwait(false);
        }
    }

    private static void Write(StacksSettings settings, StackTree tree)
    {
        if (settings.Json)
            Console.WriteLine(JsonSerializer.Serialize(tree.Report(), StacksJson.Default.TreeReport));
        else
            tree.Lines().ToList().ForEach(Console.WriteLine);
    }
}

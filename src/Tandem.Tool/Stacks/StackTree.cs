using System.Globalization;
using System.Runtime.Versioning;
using Tandem.Compare;
using Tandem.Diagnostics;
using Tandem.Tool.Top.Watching;

namespace Tandem.Tool.Stacks;

/// <summary>Many samples of the threads that run .NET code, merged into a call tree.</summary>
[SupportedOSPlatform("linux")]
internal sealed class StackTree(int processId)
{
    private const double SmallestPart = 0.01;
    private const int Indent = 2;

    /// <summary>The prefix of the only method that its caller called.</summary>
    private const string Alone = "> ";

    private readonly Node _root = new("");
    private readonly string _program = ProcFs.ProgramName(processId);
    private TimeSpan _longestPause;

    internal int Samples { get; private set; }

    internal void Add(StackSample sample)
    {
        Samples++;
        _longestPause = sample.Pause > _longestPause ? sample.Pause : _longestPause;
        foreach (ThreadStack thread in sample.Threads)
        {
            if (!thread.Frames.Any(static frame => frame.Kind == StackFrameKind.Managed))
                continue;

            bool isRunning = thread.State == 'R';
            Node node = _root.Count(isRunning);
            // Start at the first managed frame, because all threads are started in the same way.
            foreach (StackFrame frame in thread.Frames.Reverse().SkipWhile(static frame => frame.Kind != StackFrameKind.Managed))
                node = node.Child(WithoutParameters(frame)).Count(isRunning);
        }
    }

    internal TreeReport Report() =>
        new(processId, _program, Samples, _longestPause.TotalMilliseconds, _root.Samples, _root.Running, _root.Report());

    internal IEnumerable<string> Lines()
    {
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"Process {processId} ({_program}): {Amount.Of(Samples, "sample")}, {Amount.Of(_root.Samples, ".NET stack")}, "
                + $"paused for at most {_longestPause.TotalMilliseconds:0.0} ms");
        yield return "   ALL RUNNING  (> is called by the line above)";
        foreach (string line in Lines(_root, -Indent, isAlone: false))
            yield return line;
    }

    // Without parameters, because screens are narrow and overloads do the same.
    private static string WithoutParameters(StackFrame frame) =>
        frame.Kind == StackFrameKind.Managed && frame.Name.LastIndexOf('(') is > 0 and int end ? frame.Name[..end] : frame.Name;

    /// <summary>The lines for the methods that a method called.</summary>
    /// <param name="node">The method.</param>
    /// <param name="column">The column at which its line begins.</param>
    /// <param name="isAlone">Whether it is the only method that its caller called.</param>
    private IEnumerable<string> Lines(Node node, int column, bool isAlone)
    {
        Node[] children = [.. node.Children.OrderByDescending(static child => child.Running).ThenByDescending(static child => child.Samples)
            .Where(child => child.Samples >= SmallestPart * _root.Samples)];
        // A chain without branches is not indented: stacks are deep, and screens are narrow.
        bool areAlone = children.Length == 1 && column >= 0;
        int inner = areAlone ? column : column + Indent + (isAlone ? Alone.Length : 0);
        foreach (Node child in children)
        {
            (double all, double running) = (100.0 * child.Samples / _root.Samples, 100.0 * child.Running / _root.Samples);
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{all,5:0}% {running,6:0}%  {new string(' ', inner)}{(areAlone ? Alone : "")}{child.Name}");
            foreach (string line in Lines(child, inner, areAlone))
                yield return line;
        }
    }

    private sealed class Node(string name)
    {
        private readonly Dictionary<string, Node> _children = new(StringComparer.Ordinal);

        internal string Name => name;

        internal int Samples { get; private set; }

        internal int Running { get; private set; }

        internal IEnumerable<Node> Children => _children.Values;

        internal Node Child(string called) => _children.TryGetValue(called, out Node? child) ? child : _children[called] = new Node(called);

        internal Node Count(bool isRunning)
        {
            Samples++;
            Running += isRunning ? 1 : 0;
            return this;
        }

        internal IReadOnlyList<TreeNode> Report() =>
            [
                .. _children.Values.OrderByDescending(static child => child.Samples)
                    .Select(static child => new TreeNode(child.Name, child.Samples, child.Running, child.Report()))
            ];
    }
}

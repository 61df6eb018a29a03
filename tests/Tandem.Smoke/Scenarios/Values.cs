using System.Globalization;

namespace Tandem.Smoke.Scenarios;

/// <summary>What travels to workers and back: values, large payloads, and errors.</summary>
internal static class Values
{
    private const int Large = 20 << 20;

    internal static readonly Scenario[] All =
    [
        new("values", ValuesAsync),
        new("refused-value", RefusedAsync) { NeedsProcesses = true },
        new("large-argument", LargeArgumentAsync),
        new("large-result", LargeResultAsync),
        new("large-both-ways", LargeBothWaysAsync),
        new("exception", ExceptionAsync),
        new("own-exception", OwnExceptionAsync),
    ];

    private static async Task ValuesAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool();
        var node = new Node("first", 1.5m, new DateTime(2026, 11, 30, 12, 0, 0, DateTimeKind.Utc));
        node.Next = node;
        var table = new Dictionary<string, List<Node>>(StringComparer.OrdinalIgnoreCase) { ["Ä"] = [node, node] };
        Guid id = Guid.Parse("0b5ef5f8-7c54-4c4e-8e0b-9b1d6a6f4d11", CultureInfo.InvariantCulture);
        (string Text, Node Back, Guid Id) result = await pool.RunAsync(() =>
        {
            Node found = table["ä"][1];
            string text = string.Create(
                CultureInfo.InvariantCulture, $"{found.Name} {found.Price} {found.Time:O} {ReferenceEquals(found, found.Next)} {ReferenceEquals(found, table["ä"][0])}");
            return (text, found, id);
        });
        Check.Equal("first 1.5 2026-11-30T12:00:00.0000000Z True True", result.Text);
        Check.That(ReferenceEquals(result.Back, result.Back.Next));
        Check.Equal(id, result.Id);
    }

    private static async Task RefusedAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool();
        using var stream = new FileStream(Path.Combine(setting.Folder, "file"), FileMode.Create);
        WorkSerializationException refused = await Check.ThrowsAsync<WorkSerializationException>(Task.Run(() => pool.RunAsync(() => stream.Length)));
        Check.Contains("stream", refused.Message);
        Check.Equal(1, await pool.RunAsync(static () => 1));
    }

    private static async Task LargeArgumentAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool();
        byte[] data = RandomBytes(1);
        Check.Equal(Hash(data), await pool.RunAsync(static (bytes, _) => Hash(bytes), data));
    }

    private static async Task LargeResultAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool();
        byte[] data = await pool.RunAsync(static () => RandomBytes(2));
        Check.Equal(Hash(RandomBytes(2)), Hash(data));
    }

    /// <summary>Several at the same time, in two workers.</summary>
    private static async Task LargeBothWaysAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool(2);
        byte[][] data = [RandomBytes(3), RandomBytes(4), RandomBytes(5), RandomBytes(6)];
        byte[][] back = await Task.WhenAll(data.Select(one => pool.RunAsync(
            static (bytes, _) =>
            {
                byte[] reversed = (byte[])bytes.Clone();
                Array.Reverse(reversed);
                return reversed;
            },
            one)));
        for (int i = 0; i < data.Length; i++)
        {
            Array.Reverse(back[i]);
            Check.That(data[i].AsSpan().SequenceEqual(back[i]), $"echo {i} is what was sent");
        }
    }

    private static async Task ExceptionAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool();
        ArgumentOutOfRangeException error = await Check.ThrowsAsync<ArgumentOutOfRangeException>(
            pool.RunAsync(static () => Turn(7)));
        Check.Equal("page", error.ParamName);
        Check.Equal("7", $"{error.ActualValue}");
        Check.Contains("no such page", error.Message);
        Check.Contains(nameof(Turn), error.StackTrace);
    }

    private static int Turn(int page) => page < 5 ? page : throw new ArgumentOutOfRangeException(nameof(page), page, "no such page");

    private static async Task OwnExceptionAsync(Setting setting)
    {
        await using WorkerPool pool = setting.CreatePool();
        OrderException error = await Check.ThrowsAsync<OrderException>(
            pool.RunAsync(static void () => throw new OrderException("no stock", 12, new IOException("disk"))));
        Check.Equal(12, error.Order);
        Check.Equal("no stock", error.Message);
        Check.That(error.InnerException is IOException { Message: "disk" });
    }

    private static byte[] RandomBytes(int seed)
    {
        byte[] bytes = new byte[Large];
        // Not its purpose, but the same numbers everywhere, and fast.
        var random = new Random(seed);
#pragma warning disable CA5394
        random.NextBytes(bytes);
#pragma warning restore CA5394
        return bytes;
    }

    /// <summary>Without a library for cryptography, which some systems lack.</summary>
    private static ulong Hash(byte[] bytes)
    {
        ulong hash = 14695981039346656037;
        foreach (byte one in bytes)
            hash = (hash ^ one) * 1099511628211;
        return hash;
    }

    private sealed class Node(string name, decimal price, DateTime time)
    {
        internal string Name { get; } = name;

        internal decimal Price { get; } = price;

        internal DateTime Time { get; } = time;

        internal Node? Next { get; set; }
    }

    private sealed class OrderException(string message, int order, Exception inner) : Exception(message, inner)
    {
        internal int Order { get; } = order;
    }
}

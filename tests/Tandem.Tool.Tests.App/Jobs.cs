using Microsoft.AspNetCore.Http;

namespace TestApp;

/// <summary>Methods as users have them, good ones and others.</summary>
public static class Jobs
{
    public static int Length(string path) => File.ReadAllText(path).Length;

    public static async Task<int> LengthAsync(string path) => (await File.ReadAllTextAsync(path)).Length;

    public static void Check(string line) => ArgumentException.ThrowIfNullOrWhiteSpace(line);

    public static Task WaitAsync(int item) => Task.Delay(item % 2);

    public static long Square(int item) => (long)item * item;

    public static Guid Nothing() => Guid.NewGuid();

    /// <summary>Needs a framework of its own.</summary>
    public static string Query(int item) => QueryString.Create("item", $"{item}").Value!;

    /// <summary>Its result is tied to the process.</summary>
    public static Stream Open(int item) => new FileStream("/dev/zero", FileMode.Open, FileAccess.Read);

    public static int FailsOnOdd(int item) => item % 2 == 0 ? item : throw new InvalidOperationException($"{item} is odd.");

    public static int Fails(int item) => throw new InvalidOperationException($"{item} is not wanted.");

    public static double Twice(double item) => 2 * item;

    public static long Twice(long item) => 2 * item;

    /// <summary>One of them takes an item as it is given.</summary>
    public static long Half(int item) => item / 2;

    public static double Half(double item) => item / 2;

    public static ValueTask<int> Quick(int item) => new(item);
}

public sealed class Machine
{
    public int Run(int item) => item + GetHashCode();
}

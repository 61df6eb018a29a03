using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Tandem.Testing;

/// <summary>
/// A failed assertion ends the process of the tests, or the worker in which it failed. An exception in its place, as the test framework
/// throws it, would be caught by the code that it is about.
/// </summary>
internal sealed class FailedAssertions : TraceListener
{
    public override void Fail(string? message, string? detailMessage) => Environment.FailFast($"Assertion failed. {message} {detailMessage}");

    public override void Write(string? message)
    {
    }

    public override void WriteLine(string? message)
    {
    }

    [ModuleInitializer]
    internal static void Listen() => Trace.Listeners.Insert(0, new FailedAssertions());
}

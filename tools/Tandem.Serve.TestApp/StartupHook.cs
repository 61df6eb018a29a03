using System.Diagnostics;

/// <summary>Where this program is named as a startup hook, the process hears of all its children that end, as one that has started any by <see cref="Process"/>.</summary>
internal static class StartupHook
{
    internal static void Initialize()
    {
        using Process first = Process.Start("true");
        first.WaitForExit();
    }
}

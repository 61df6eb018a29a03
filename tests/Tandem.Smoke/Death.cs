namespace Tandem.Smoke;

/// <summary>The ways in which a worker process can end.</summary>
internal enum Death
{
    ExitZero,
    ExitFortyTwo,
    FailFast,
    StackOverflow,
    NativeCrash,
    Killed,
}

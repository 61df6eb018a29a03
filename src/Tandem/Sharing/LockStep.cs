namespace Tandem.Sharing;

/// <summary>The steps of acquiring and releasing a lock.</summary>
internal enum LockStep
{
    Taken,
    TakenAfterWaiting,
    Announced,
    Awake,
    Leaving,
    Left,
    HandedOver,
}

namespace Tandem.Tool.Lab.Deciding;

/// <summary>The verdict on a claim.</summary>
internal enum LabVerdict
{
    /// <summary>The claim is true here.</summary>
    Holds,

    /// <summary>The claim is not true here.</summary>
    DoesNotHold,

    /// <summary>There is too much noise to decide.</summary>
    TooBusy,
}

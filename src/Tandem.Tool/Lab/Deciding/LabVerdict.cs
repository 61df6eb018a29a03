namespace Tandem.Tool.Lab.Deciding;

/// <summary>What becomes of a claim.</summary>
internal enum LabVerdict
{
    /// <summary>It is as people say.</summary>
    Holds,

    /// <summary>It is not so here.</summary>
    DoesNotHold,

    /// <summary>Noise hides it.</summary>
    TooBusy,
}

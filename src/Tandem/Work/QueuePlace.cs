namespace Tandem.Work;

/// <summary>Where an item is with regard to the bound of its pool's queue.</summary>
internal enum QueuePlace : byte
{
    /// <summary>Not there yet, or has left it.</summary>
    None,

    /// <summary>Has one of the places.</summary>
    Inside,

    /// <summary>Waits for a place.</summary>
    Outside,
}

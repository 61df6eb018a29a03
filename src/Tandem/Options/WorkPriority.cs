namespace Tandem;

/// <summary>Which of the items that wait goes first. Strict: an item runs only when no item of a higher priority waits.</summary>
public enum WorkPriority
{
    /// <summary>After everything else.</summary>
    Low = -1,

    /// <summary>The default.</summary>
    Normal = 0,

    /// <summary>Before everything else.</summary>
    High = 1,
}

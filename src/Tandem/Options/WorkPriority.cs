namespace Tandem;

/// <summary>Which of the waiting items run first. An item runs only if no item of a higher priority is waiting.</summary>
public enum WorkPriority
{
    /// <summary>After all other items.</summary>
    Low = -1,

    /// <summary>The default.</summary>
    Normal = 0,

    /// <summary>Before all other items.</summary>
    High = 1,
}

namespace Tandem.Tool.Top;

/// <summary>The order of a pool's workers.</summary>
internal enum SortOrder
{
    Id,
    Cpu,
    Memory,
    Items,
    Age,
    Switches,
}

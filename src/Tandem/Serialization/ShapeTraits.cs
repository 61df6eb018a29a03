namespace Tandem.Serialization;

/// <summary>How objects of a shape participate in the graph.</summary>
[Flags]
internal enum ShapeTraits
{
    /// <summary>By value: the object is written again for each reference.</summary>
    None = 0,

    /// <summary>Identity is kept: a second reference to an object is written as its number.</summary>
    Tracked = 1,

    /// <summary>The reader creates the object after its parts, so no part may refer to it.</summary>
    Late = 2,

    /// <summary>As the shape of a declared type, it handles every value, whatever its runtime type.</summary>
    TakesAll = 4,
}

namespace Tandem.Shipping;

/// <summary>What follows an opcode.</summary>
internal enum IlOperand
{
    /// <summary>There is no such opcode.</summary>
    Unknown,

    /// <summary>Nothing.</summary>
    None,

    /// <summary>One byte.</summary>
    One,

    /// <summary>Two bytes.</summary>
    Two,

    /// <summary>Four bytes: a number, a branch, a string or a signature.</summary>
    Four,

    /// <summary>Eight bytes.</summary>
    Eight,

    /// <summary>A count, then as many branches.</summary>
    Switch,

    /// <summary>The token of a field.</summary>
    Field,

    /// <summary>The token of a method.</summary>
    Method,

    /// <summary>The token of a type.</summary>
    Type,

    /// <summary>The token of any of them.</summary>
    Member,
}

namespace Tandem.Invocation;

/// <summary>The operand that follows an opcode.</summary>
internal enum IlOperand
{
    /// <summary>The opcode does not exist.</summary>
    Unknown,

    /// <summary>No operand.</summary>
    None,

    /// <summary>One byte.</summary>
    One,

    /// <summary>Two bytes.</summary>
    Two,

    /// <summary>Four bytes: a number, a branch, a string or a signature.</summary>
    Four,

    /// <summary>Eight bytes.</summary>
    Eight,

    /// <summary>A count, then that many branches.</summary>
    Switch,

    /// <summary>The token of a field.</summary>
    Field,

    /// <summary>The token of a method.</summary>
    Method,

    /// <summary>The token of a type.</summary>
    Type,

    /// <summary>The token of a field, a method or a type.</summary>
    Member,
}

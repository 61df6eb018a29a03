namespace Tandem.Differential.Forms;

/// <summary>What the test must know of a form.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FormAttribute : Attribute
{
    /// <summary>Why processes may refuse the form, whatever its values.</summary>
    public string? Refused { get; init; }

    /// <summary>Whether it starts workers of its own, so that few of its cases are run.</summary>
    public bool Slow { get; init; }

    /// <summary>Whether the work reads no value, so that it runs even with one that cannot travel.</summary>
    public bool SendsNothing { get; init; }
}

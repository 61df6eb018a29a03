namespace Tandem;

/// <summary>What one call asks for beside its work.</summary>
public sealed class WorkOptions
{
    /// <summary>The item's name in errors and logs.</summary>
    /// <value>The default is <see langword="null"/>: the name of the method that runs.</value>
    public string? Name { get; set; }
}

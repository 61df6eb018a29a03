namespace Tandem.Serialization;

/// <summary>An entry among a payload's objects that has a number but is not one of these objects.</summary>
internal abstract class NumberedIdentity;

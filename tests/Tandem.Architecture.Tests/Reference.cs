namespace Tandem.Architecture.Tests;

/// <summary>A place where the code of one folder uses a type that another folder declares.</summary>
internal sealed record Reference(string From, string To, string File, int Line, string Type)
{
    public override string ToString() => $"{File}:{Line} uses {Type}";
}

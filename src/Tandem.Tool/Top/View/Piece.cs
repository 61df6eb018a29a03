namespace Tandem.Tool.Top.View;

/// <summary>A text in one style.</summary>
internal readonly record struct Piece(string Text, Look Look);

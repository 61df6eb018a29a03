namespace Tandem.Tool.Top.View;

/// <summary>The style of a text.</summary>
internal enum Look
{
    Plain,
    Dim,
    Bold,
    Title,
    Good,
    Warning,
    Bad,
    Accent,
}

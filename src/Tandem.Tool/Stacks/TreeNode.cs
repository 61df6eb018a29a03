namespace Tandem.Tool.Stacks;

/// <summary>A method in the tree: in how many stacks it was, and in how many of these the thread ran.</summary>
internal sealed record TreeNode(string Name, int Samples, int Running, IReadOnlyList<TreeNode> Children);

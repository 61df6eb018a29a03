using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tandem.Architecture.Tests;

/// <summary>Conventions of the public API, which could not be mended after a release.</summary>
public sealed partial class PublicApiTests
{
    private static readonly CSharpParseOptions Parsing = new(documentationMode: DocumentationMode.Parse);

    private static readonly string[] Numbers = ["int", "long", "double", "TimeSpan"];

    private static readonly Lazy<TypeDeclarationSyntax[]> PublicTypes = new(static () =>
    [
        .. from project in Directory.GetDirectories(Path.Combine(Repository.Root, "src"))
           where File.Exists(Path.Combine(project, "PublicAPI.Unshipped.txt"))
           from file in Repository.Files(Path.GetRelativePath(Repository.Root, project), "*.cs")
           from type in CSharpSyntaxTree.ParseText(Repository.Read(file), Parsing, file).GetRoot().DescendantNodes().OfType<TypeDeclarationSyntax>()
           where type.AncestorsAndSelf().OfType<TypeDeclarationSyntax>().All(static one => IsPublic(one.Modifiers))
           select type,
    ]);

    /// <summary>A constructor and a Deconstruct with all fields could never get another one.</summary>
    [Fact]
    public void No_public_record_has_a_positional_list() =>
        Assert.Empty(PublicTypes.Value.OfType<RecordDeclarationSyntax>().Where(static one => one.ParameterList is not null).Select(Where));

    [Fact]
    public void Every_exception_derives_from_the_common_base() => Assert.Empty(
        from type in Exceptions()
        where type.Identifier.Text != "WorkException" && type.BaseList?.Types[0].Type.ToString() != "WorkException"
        select Where(type));

    /// <summary>So that users can test what handles them.</summary>
    [Fact]
    public void Every_exception_can_be_made_by_users() => Assert.Empty(
        from type in Exceptions()
        where !type.Modifiers.Any(SyntaxKind.AbstractKeyword)
        where !type.Members.OfType<ConstructorDeclarationSyntax>().Any(static one => IsPublic(one.Modifiers)
            && one.ParameterList.Parameters is [{ Type: { } first }, ..] && first.ToString() == "string")
            || type.Members.OfType<PropertyDeclarationSyntax>().Any(static one => IsPublic(one.Modifiers)
                && one.AccessorList is { Accessors: [var getter] } && getter.Body is null && getter.ExpressionBody is null)
        select Where(type));

    [Fact]
    public void Options_say_Max_rather_than_limit_or_maximum() => Assert.Empty(
        from property in OptionProperties()
        where property.Identifier.Text.EndsWith("Limit", StringComparison.Ordinal)
            || property.Identifier.Text.Contains("Maximum", StringComparison.Ordinal)
        select Where(property));

    [Fact]
    public void Every_option_is_documented_with_its_default() => Assert.Empty(
        from property in OptionProperties()
        where Documentation(property, "summary").Length == 0
            || !Documentation(property, "value").Contains("default", StringComparison.OrdinalIgnoreCase)
        select Where(property));

    [Fact]
    public void Every_number_among_the_options_is_documented_with_its_range() => Assert.Empty(
        from property in OptionProperties()
        where Numbers.Contains(property.Type.ToString().TrimEnd('?'))
        where !Range().IsMatch(Documentation(property, "value"))
        select Where(property));

    private static IEnumerable<TypeDeclarationSyntax> Exceptions() =>
        PublicTypes.Value.Where(static type => type.Identifier.Text.EndsWith("Exception", StringComparison.Ordinal));

    private static IEnumerable<PropertyDeclarationSyntax> OptionProperties() =>
        from type in PublicTypes.Value
        where type.Identifier.Text.EndsWith("Options", StringComparison.Ordinal) || type.Identifier.Text == "WorkLimits"
        from property in type.Members.OfType<PropertyDeclarationSyntax>()
        where IsPublic(property.Modifiers) && !property.Modifiers.Any(SyntaxKind.OverrideKeyword)
        where property.ExpressionBody is null && !property.Modifiers.Any(SyntaxKind.AbstractKeyword)
        select property;

    private static bool IsPublic(SyntaxTokenList modifiers) => modifiers.Any(SyntaxKind.PublicKeyword);

    private static string Documentation(PropertyDeclarationSyntax property, string element)
    {
        IEnumerable<XmlElementSyntax> elements = property.GetLeadingTrivia()
            .Select(static trivia => trivia.GetStructure())
            .OfType<DocumentationCommentTriviaSyntax>()
            .SelectMany(static comment => comment.ChildNodes().OfType<XmlElementSyntax>());
        XmlElementSyntax? found = elements.FirstOrDefault(one => one.StartTag.Name.ToString() == element);
        return found?.Content.ToString().Replace("///", "", StringComparison.Ordinal).Trim() ?? "";
    }

    private static string Where(SyntaxNode node)
    {
        string name = node switch
        {
            TypeDeclarationSyntax type => type.Identifier.Text,
            PropertyDeclarationSyntax property => $"{((TypeDeclarationSyntax)property.Parent!).Identifier.Text}.{property.Identifier.Text}",
            _ => node.ToString(),
        };
        return $"{name} in {node.SyntaxTree.FilePath}";
    }

    [GeneratedRegex("between|at least|at most|positive|negative|zero or more", RegexOptions.IgnoreCase)]
    private static partial Regex Range();
}

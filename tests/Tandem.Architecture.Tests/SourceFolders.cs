using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tandem.Architecture.Tests;

/// <summary>
/// The folders of a project and the references between them. The compiler resolves every name in the sources, so constants, inferred
/// types and members of values count. Comments and <c>nameof</c> only mention a type, and do not count. The compiled assembly would not
/// do instead: it holds the values of constants, and not their names.
/// </summary>
internal sealed class SourceFolders
{
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    // Source generators do not run here. So partial methods have no body, and what they assign counts as unassigned.
    private static readonly string[] WithoutGenerators = ["CS8795", "CS0165", "CS0170"];

    private readonly string _project;
    private readonly CSharpCompilation _compilation;

    internal SourceFolders(string project)
    {
        _project = project;
        CSharpParseOptions options = new(LanguageVersion.Preview, DocumentationMode.None);
        SyntaxTree[] trees =
        [
            CSharpSyntaxTree.ParseText(ImplicitUsings, options),
            .. Repository.Files(project, "*.cs").Select(path => CSharpSyntaxTree.ParseText(Repository.Read(path), options, path)),
        ];
        string platform = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        _compilation = CSharpCompilation.Create(
            Path.GetFileName(project),
            trees,
            platform.Split(Path.PathSeparator).Where(static path => path != typeof(SourceFolders).Assembly.Location)
                .Select(static path => MetadataReference.CreateFromFile(path)),
            new(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
        Folders = [.. trees.Skip(1).Select(FolderOf).Distinct().Order(StringComparer.Ordinal)];
        References = [.. trees.Skip(1).SelectMany(ReferencesOf)];
    }

    /// <summary>Paths from the project's folder; "." is that folder itself.</summary>
    internal string[] Folders { get; }

    /// <summary>The references from one folder to another.</summary>
    internal Reference[] References { get; }

    /// <summary>What keeps the compiler from resolving names. There must be none, or references would be missed.</summary>
    internal IEnumerable<Diagnostic> Errors =>
        _compilation.GetDiagnostics()
            .Where(static found => found.Severity == DiagnosticSeverity.Error && !WithoutGenerators.Contains(found.Id));

    /// <summary>The types that are declared outside of other types, with the file of each declaration.</summary>
    internal IEnumerable<(INamedTypeSymbol Type, string File)> Types =>
        from tree in _compilation.SyntaxTrees.Skip(1)
        let model = _compilation.GetSemanticModel(tree)
        from declaration in tree.GetRoot().DescendantNodes().OfType<MemberDeclarationSyntax>()
        where declaration is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax
        let type = (INamedTypeSymbol)model.GetDeclaredSymbol(declaration)!
        where type.ContainingType is null
        select (type, tree.FilePath);

    internal string FolderOf(string file)
    {
        string folder = Path.GetDirectoryName(Path.GetRelativePath(_project, file))!.Replace('\\', '/');
        return folder.Length == 0 ? "." : folder;
    }

    private string FolderOf(SyntaxTree tree) => FolderOf(tree.FilePath);

    private IEnumerable<Reference> ReferencesOf(SyntaxTree tree)
    {
        string from = FolderOf(tree);
        SemanticModel model = _compilation.GetSemanticModel(tree);
        foreach (SyntaxNode node in tree.GetRoot().DescendantNodes(static node => !IsMention(node)))
        {
            foreach (INamedTypeSymbol type in TypesAt(model, node))
            {
                foreach (string to in HomesOf(type))
                {
                    if (to != from)
                    {
                        int line = node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
                        yield return new(from, to, tree.FilePath, line, type.ToDisplayString());
                    }
                }
            }
        }
    }

    private static bool IsMention(SyntaxNode node) =>
        node is UsingDirectiveSyntax or InvocationExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "nameof" } };

    private IEnumerable<string> HomesOf(INamedTypeSymbol type) =>
        type.DeclaringSyntaxReferences.Select(part => FolderOf(part.SyntaxTree)).Distinct();

    /// <summary>The types of this project that a node refers to: named, inferred, or as the home of a member.</summary>
    private IEnumerable<INamedTypeSymbol> TypesAt(SemanticModel model, SyntaxNode node)
    {
        ISymbol? symbol = node switch
        {
            SimpleNameSyntax or BaseObjectCreationExpressionSyntax or ConstructorInitializerSyntax or AttributeSyntax
                or ElementAccessExpressionSyntax or BinaryExpressionSyntax or AssignmentExpressionSyntax or AwaitExpressionSyntax
                => model.GetSymbolInfo(node).Symbol,
            ForEachStatementSyntax each => model.GetForEachStatementInfo(each).GetEnumeratorMethod,
            _ => null,
        };
        // The type of a value is a reference, too, where nothing names it: a lambda's parameter, the result of a call.
        ITypeSymbol? value = symbol switch
        {
            ILocalSymbol local => local.Type,
            IParameterSymbol parameter => parameter.Type,
            IFieldSymbol field => field.Type,
            IPropertySymbol property => property.Type,
            IMethodSymbol method => method.ReturnType,
            _ => null,
        };
        ITypeSymbol?[] found = [symbol as ITypeSymbol ?? symbol?.ContainingType, value];
        return found.SelectMany(Parts).Where(type => SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, _compilation.Assembly));
    }

    /// <summary>The named types that a type is made of, without what nests them.</summary>
    private static IEnumerable<INamedTypeSymbol> Parts(ITypeSymbol? type) => type switch
    {
        IArrayTypeSymbol array => Parts(array.ElementType),
        IPointerTypeSymbol pointer => Parts(pointer.PointedAtType),
        IFunctionPointerTypeSymbol function =>
            function.Signature.Parameters.Select(static parameter => parameter.Type).Append(function.Signature.ReturnType)
                .SelectMany(Parts),
        INamedTypeSymbol { IsAnonymousType: false } named => Own(named),
        _ => [],
    };

    private static IEnumerable<INamedTypeSymbol> Own(INamedTypeSymbol named)
    {
        yield return Outermost(named.OriginalDefinition);
        foreach (INamedTypeSymbol part in named.TypeArguments.SelectMany(Parts))
            yield return part;

        static INamedTypeSymbol Outermost(INamedTypeSymbol type)
        {
            while (type.ContainingType is { } outer)
                type = outer;
            return type.OriginalDefinition;
        }
    }
}

using System.Reflection;

namespace Tandem.Differential.Forms;

/// <summary>All forms: each generic method <c>form&lt;T&gt;(Engine run, T value, Origin o)</c> of the classes here is one.</summary>
public static class AllForms
{
    /// <summary>The forms, by index.</summary>
    public static IReadOnlyList<MethodInfo> List { get; } =
    [
        .. new[] { typeof(Captures), typeof(Methods), typeof(Queries), typeof(Wrappers), typeof(Calls), typeof(Exceptions), typeof(Delegates), typeof(OtherLanguages) }
            .SelectMany(static type => type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(static method => method.IsGenericMethodDefinition),
    ];

    /// <summary>What is known of a form.</summary>
    public static FormAttribute Of(MethodInfo form) => form.GetCustomAttribute<FormAttribute>() ?? new FormAttribute();
}

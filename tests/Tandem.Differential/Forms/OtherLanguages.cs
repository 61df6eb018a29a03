using FS = Tandem.Tests.FSharp.Work;
using VB = Tandem.Tests.VisualBasic.Work;

namespace Tandem.Differential.Forms;

/// <summary>Work that is written in F# and Visual Basic.</summary>
public static class OtherLanguages
{
    public static Task<string> FSharp_captured<T>(Engine run, T value, Origin o) => run.Run(FS.Captured(value, v => Look.At(v, o)));

    public static Task<string> FSharp_captured_twice<T>(Engine run, T value, Origin o) => run.Run(FS.CapturedTwice(value, v => Look.At(v, o)));

    public static Task<string> FSharp_nested<T>(Engine run, T value, Origin o) => run.Run(FS.Nested(value, v => Look.At(v, o)));

    public static Task<string> FSharp_closure<T>(Engine run, T value, Origin o) => run.Run(FS.Closure(value, v => Look.At(v, o)));

    public static Task<string> FSharp_curried<T>(Engine run, T value, Origin o) => run.Run(FS.Curried(value, v => Look.At(v, o)));

    public static Task<string> FSharp_recursive<T>(Engine run, T value, Origin o) => run.Run(FS.Recursive(value, v => Look.At(v, o)));

    public static Task<string> FSharp_recursive_closures<T>(Engine run, T value, Origin o) => run.Run(FS.RecursiveClosures(value, v => Look.At(v, o)));

    public static Task<string> FSharp_mutable<T>(Engine run, T value, Origin o) => run.Run(FS.Mutable(value, v => Look.At(v, o)));

    public static Task<string> FSharp_sequence<T>(Engine run, T value, Origin o) => run.Run(FS.Sequence(value, v => Look.At(v, o)));

    public static Task<string> FSharp_lazy_sequence<T>(Engine run, T value, Origin o) => run.Run(FS.LazySequence(value, v => Look.At(v, o)));

    public static Task<string> FSharp_match<T>(Engine run, T value, Origin o) => run.Run(FS.Match(value, v => Look.At(v, o)));

    public static Task<string> FSharp_anonymous_record<T>(Engine run, T value, Origin o) => run.Run(FS.AnonymousRecord(value, v => Look.At(v, o)));

    public static Task<string> FSharp_method_group<T>(Engine run, T value, Origin o) => run.Run(FS.MethodGroup(value, v => Look.At(v, o)));

    public static Task<string> FSharp_object_expression<T>(Engine run, T value, Origin o) => run.Run(FS.ObjectExpression(value, v => Look.At(v, o)));

    public static Task<string> FSharp_exception<T>(Engine run, T value, Origin o) => run.Run(FS.Exception(value, v => Look.At(v, o)));

    public static Task<string> FSharp_expression_tree<T>(Engine run, T value, Origin o) => run.Run(FS.ExpressionTree(value, v => Look.At(v, o)));

    public static Task<string> FSharp_query<T>(Engine run, T value, Origin o) => run.Run(FS.Query(value, v => Look.At(v, o)));

    public static Task<string> FSharp_task<T>(Engine run, T value, Origin o) => run.RunTask(FS.Task(value, v => Look.At(v, o)));

    public static Task<string> FSharp_async<T>(Engine run, T value, Origin o) => run.RunTask(FS.Async(value, v => Look.At(v, o)));

    public static Task<string> VisualBasic_captured<T>(Engine run, T value, Origin o) => run.Run(VB.Captured(value, v => Look.At(v, o)));

    public static Task<string> VisualBasic_nested<T>(Engine run, T value, Origin o) => run.Run(VB.Nested(value, v => Look.At(v, o)));

    public static Task<string> VisualBasic_statements<T>(Engine run, T value, Origin o) => run.Run(VB.Statements(value, v => Look.At(v, o)));

    public static Task<string> VisualBasic_query<T>(Engine run, T value, Origin o) => run.Run(VB.Query(value, v => Look.At(v, o)));

    public static Task<string> VisualBasic_expression_tree<T>(Engine run, T value, Origin o) => run.Run(VB.ExpressionTree(value, v => Look.At(v, o)));

    public static Task<string> VisualBasic_anonymous_type<T>(Engine run, T value, Origin o) => run.Run(VB.AnonymousType(value, v => Look.At(v, o)));

    public static Task<string> VisualBasic_iterator_function<T>(Engine run, T value, Origin o) => run.Run(VB.IteratorFunction(value, v => Look.At(v, o)));

    public static Task<string> VisualBasic_method_of_an_object<T>(Engine run, T value, Origin o) => run.Run(VB.MethodOfAnObject(value, v => Look.At(v, o)));

    public static Task<string> VisualBasic_async_function<T>(Engine run, T value, Origin o) => run.RunTask(VB.AsyncFunction(value, v => Look.At(v, o)));
}

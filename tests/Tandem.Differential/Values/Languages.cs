using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using static Tandem.Differential.Values.Some;

namespace Tandem.Differential.Values;

/// <summary>Values of F# and Visual Basic.</summary>
internal static class Languages
{
    internal static void AddTo(ValueList list)
    {
        list.Add("F# list", r => ListModule.OfSeq(Few(r, Int)));
        list.Add("F# list of lists", r => ListModule.OfSeq(Few(r, q => ListModule.OfSeq(Few(q, Text)))));
        list.Add("F# Set", r => SetModule.OfSeq(Few(r, Word)));
        list.Add("F# Set of tuples", r => SetModule.OfSeq(Few(r, q => Tuple.Create(q.Next(9), Word(q)))));
        list.Add("F# Map", r => MapModule.OfSeq(Few(r, q => Tuple.Create(Word(q), Int(q)))));
        list.Add("F# Map of Maps", r => MapModule.OfSeq([Tuple.Create(r.Next(), MapModule.OfSeq([Tuple.Create("a", SetModule.OfSeq([r.Next()]))]))]));
        list.Add("F# option", r => r.Next(2) == 0 ? FSharpOption<string>.None : FSharpOption<string>.Some(Text(r)));
        list.Add("F# voption", r => r.Next(2) == 0 ? FSharpValueOption<int>.ValueNone : FSharpValueOption<int>.NewValueSome(Int(r)));
        list.Add("F# Result", r => r.Next(2) == 0 ? FSharpResult<int, string>.NewOk(1) : FSharpResult<int, string>.NewError(Text(r)));
        list.Add("F# ref", r => new FSharpRef<int>(r.Next()));
        list.Add("F# union", r => Tandem.Tests.FSharp.Shape.NewRectangle(r.NextDouble(), 2));
        list.Add("F# union case", r => Tandem.Tests.FSharp.Shape.Nothing);
        list.Add("F# array of unions", r => Few(r, q => q.Next(2) == 0 ? Tandem.Tests.FSharp.Shape.Nothing : Tandem.Tests.FSharp.Shape.NewCircle(q.NextDouble())));
        foreach (string name in Tests.FSharp.Samples.Names)
        {
            if (name is not ("long list" or "large map"))
                list.AddByName("F# sample: " + name, _ => Tests.FSharp.Samples.Make(name));
        }

        foreach (string name in Tests.VisualBasic.Samples.Names)
            list.AddByName("VB sample: " + name, _ => Tests.VisualBasic.Samples.Make(name));
    }
}

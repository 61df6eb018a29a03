namespace Tandem.Tests.FSharp

open System
open System.Collections.Generic

[<Measure>]
type metre

type Shape =
    | Circle of radius: float
    | Rectangle of width: float * height: float
    | Nothing

[<Struct>]
type Colour =
    | Named of name: string
    | Mixed of red: int * green: int * blue: int

type Tree<'T> =
    | Leaf
    | Node of Tree<'T> * 'T * Tree<'T>

type Line =
    { Product: string
      Count: int
      Price: decimal option }

type Order =
    { Id: Guid
      Lines: Line list
      Tags: Set<string>
      Stock: Map<string, int>
      mutable Note: string }

[<Struct>]
type Point = { X: float<metre>; Y: float<metre> }

/// Compares its names without regard to case, so that a set of them needs this comparison after it has arrived.
[<CustomEquality; CustomComparison>]
type Name =
    { Text: string }

    override this.Equals other =
        match other with
        | :? Name as name -> String.Equals(this.Text, name.Text, StringComparison.OrdinalIgnoreCase)
        | _ -> false

    override this.GetHashCode() =
        this.Text.ToUpperInvariant().GetHashCode(StringComparison.Ordinal)

    interface IComparable with
        member this.CompareTo other =
            match other with
            | :? Name as name -> String.Compare(this.Text, name.Text, StringComparison.OrdinalIgnoreCase)
            | _ -> 1

/// A class with let-bound state.
type Counter(start: int) =
    let mutable count = start
    let seen = HashSet<int>([ start ])
    member _.Count = count

    member _.Add step =
        count <- count + step
        seen.Add count |> ignore

    member _.Seen = seen |> Seq.sort |> Seq.toList

exception Refused of code: int * reason: string

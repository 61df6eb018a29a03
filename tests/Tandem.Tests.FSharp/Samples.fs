namespace Tandem.Tests.FSharp

open System
open System.Collections.Generic

/// A value under a name: how it is made, and what it says of itself, which must be the same wherever it is asked.
type private Sample =
    { Name: string
      Make: unit -> obj
      Describe: obj -> string }

/// Values as F# programs have them, for tests that send them somewhere and ask the copy to describe itself.
module Samples =
    let private sample name (make: unit -> 'T) (describe: 'T -> string) =
        { Name = name
          Make = fun () -> box (make ())
          Describe = fun value -> describe (unbox<'T> value) }

    let private printed name (make: unit -> 'T) = sample name make (sprintf "%A")

    let private order () =
        { Id = Guid "0f8fad5b-d9cb-469f-a165-70867728950e"
          Lines =
            [ { Product = "lamp"
                Count = 2
                Price = Some 12.5m }
              { Product = "bulb"
                Count = 9
                Price = None } ]
          Tags = set [ "new"; "urgent" ]
          Stock = Map [ "lamp", 4; "bulb", 0 ]
          Note = "by hand" }

    let rec private tree low high =
        if low > high then
            Leaf
        else
            let middle = (low + high) / 2
            Node(tree low (middle - 1), middle, tree (middle + 1) high)

    let private all =
        [ printed "empty list" (fun () -> List.empty<int>)
          printed "list" (fun () -> [ 1; 2; 3 ])
          printed "list of lists" (fun () -> [ [ "a" ]; []; [ "b"; "c" ] ])
          sample "long list" (fun () -> List.init 200_000 id) (fun list -> $"{list.Length}: {List.sum (List.map int64 list)}")
          printed "empty set" (fun () -> Set.empty<string>)
          sample "set" (fun () -> set [ "b"; "a"; "c" ]) (fun s ->
              $"""%A{s} {s.Contains "a"} {s.Contains "z"} {s.Count} {s.Add("d").Count} {s.MaximumElement}""")
          sample "set of names" (fun () -> set [ { Text = "Ada" }; { Text = "bob" } ]) (fun s ->
              $"""%A{s} {s.Contains { Text = "BOB" }} {s.Add({ Text = "ADA" }).Count}""")
          sample "set of tuples" (fun () -> set [ 2, "x"; 1, "y" ]) (fun s -> $"""%A{s} {s.Contains(1, "y")}""")
          printed "empty map" (fun () -> Map.empty<string, int>)
          sample "map" (fun () -> Map [ "one", 1; "two", 2 ]) (fun m ->
              $"""%A{m} {m.TryFind "two"} {m.TryFind "three"} {m.Add("three", 3).Count}""")
          sample "map of maps" (fun () -> Map [ 1, Map [ "a", Set [ 1 ] ]; 2, Map.empty ]) (fun m ->
              $"""%A{m} {m[1].["a"].Contains 1}""")
          sample "large map" (fun () -> Map(Seq.init 5_000 (fun i -> i, string i))) (fun m -> $"{m.Count} {m[4_321]}")
          sample "map by union" (fun () -> Map [ Circle 1.0, "c"; Nothing, "n" ]) (fun m -> $"%A{m} {m.TryFind Nothing}")
          printed "some" (fun () -> Some 5)
          printed "some of some" (fun () -> Some(Some "x"))
          printed "value option" (fun () -> ValueSome "v")
          printed "value none" (fun () -> ValueOption<int>.ValueNone)
          printed "ok" (fun () -> (Ok 3: Result<int, string>))
          printed "error" (fun () -> (Error "no": Result<int, string>))
          printed "choice" (fun () -> (Choice2Of3 "two": Choice<int, string, float>))
          printed "union" (fun () -> Rectangle(2.0, 3.0))
          printed "union case without fields" (fun () -> Nothing)
          printed "unions" (fun () -> [| Circle 1.0; Nothing; Rectangle(1.0, 2.0) |])
          printed "struct union" (fun () -> [| Named "red"; Mixed(1, 2, 3) |])
          printed "tree" (fun () -> tree 1 20)
          printed "record" (fun () -> (order ()).Lines)
          sample "record of everything" order (fun o -> $"""%A{o} {o = order ()} {o.Tags.Contains "new"} {o.Stock["lamp"]}""")
          printed "struct record" (fun () -> { X = 1.5<metre>; Y = -2.0<metre> })
          printed "anonymous record" (fun () -> {| Name = "n"; Values = [ 1; 2 ] |})
          printed "struct anonymous record" (fun () -> struct {| Name = "n"; Value = 2 |})
          printed "tuple" (fun () -> (1, "two", 3.0, 'c'))
          printed "struct tuple" (fun () -> struct (1, "two"))
          sample "reference cell" (fun () -> ref 5) (fun cell ->
              cell.Value <- cell.Value + 1
              string cell.Value)
          sample "class" (fun () -> Counter 3) (fun counter ->
              counter.Add 4
              $"{counter.Count} %A{counter.Seen}")
          sample "dictionary by structure" (fun () -> Dictionary<int list, string>(HashIdentity.Structural)) (fun d ->
              d[[ 1; 2 ]] <- "a"
              $"{d.ContainsKey [ 1; 2 ]}")
          sample "filled dictionary by structure" (fun () ->
              let d = Dictionary<int list, string> HashIdentity.Structural
              d[[ 1; 2 ]] <- "a"
              d) (fun d -> $"{d.ContainsKey [ 1; 2 ]} {d.ContainsKey [ 2 ]}")
          sample "dict" (fun () -> dict [ "a", 1; "b", 2 ]) (fun d -> $"""{d["a"]} {d.ContainsKey "c"} {d.Count}""")
          sample "read-only dict" (fun () -> readOnlyDict [ "a", 1; "b", 2 ]) (fun d -> $"""{d["a"]} {d.ContainsKey "c"} {d.Count}""")
          sample "sequence" (fun () -> seq { for i in 1..5 -> i * i }) (fun s -> $"%A{List.ofSeq s}")
          sample "big integer" (fun () -> 123456789012345678901234567890I) string
          printed "unit list" (fun () -> [ (); () ])
          printed "array of options" (fun () -> [| Some 1; None |])
          sample "array of two dimensions" (fun () -> array2D [ [ 1; 2 ]; [ 3; 4 ] ]) (sprintf "%A")
          sample "function" (fun () -> let step = 3 in fun (x: int) -> x + step) (fun f -> string (f 4))
          sample "curried function" (fun () -> let step = 3 in fun (x: int) (y: int) -> x * y + step) (fun f -> string (f 4 5))
          sample "exception" (fun () -> Refused(7, "no")) (fun e ->
              match e with
              | Refused(code, reason) -> $"{code} {reason}"
              | other -> other.GetType().Name) ]

    /// The names of all samples.
    let Names = all |> List.map _.Name |> List.toArray

    let private find name = all |> List.find (fun s -> s.Name = name)

    /// Makes the value of a name anew.
    let Make name = (find name).Make()

    /// What a value of this name says of itself. It may change the value.
    let Describe (name: string, value: obj) = (find name).Describe value

namespace Tandem.Tests.FSharp

open System
open System.Linq
open System.Linq.Expressions
open System.Threading.Tasks

type private Reader<'T>(value: 'T, see: Func<'T, string>) =
    member _.Read() = see.Invoke value

/// Delegates as F# programs write them, each over one value that it shows to somebody.
type Work =
    static member private Tree(tree: Expression<Func<string>>) = tree

    static member Captured(value: 'T, see: Func<'T, string>) = Func<string>(fun () -> see.Invoke value)

    static member CapturedTwice(value: 'T, see: Func<'T, string>) =
        let first = value
        let pair = (value, first)
        Func<string>(fun () -> see.Invoke first + see.Invoke(fst pair) + see.Invoke(snd pair))

    static member Nested(value: 'T, see: Func<'T, string>) =
        Func<string>(fun () -> [ 1; 2 ] |> List.map (fun n -> string n + see.Invoke value) |> String.concat ",")

    static member Closure(value: 'T, see: Func<'T, string>) =
        let read () = see.Invoke value
        Func<string>(fun () -> read ())

    static member Curried(value: 'T, see: Func<'T, string>) =
        let add (a: string) (b: string) = a + b + see.Invoke value
        let half = add "a"
        Func<string>(fun () -> half "b")

    static member Recursive(value: 'T, see: Func<'T, string>) =
        let rec loop n = if n = 0 then see.Invoke value else loop (n - 1)
        Func<string>(fun () -> loop 3)

    static member RecursiveClosures(value: 'T, see: Func<'T, string>) =
        let rec even n = if n = 0 then see.Invoke value else odd (n - 1)
        and odd n = if n = 0 then "odd" else even (n - 1)
        Func<string>(fun () -> even 4)

    static member Mutable(value: 'T, see: Func<'T, string>) =
        let count = ref 1
        let add () = count.Value <- count.Value + 1
        Func<string>(fun () ->
            add ()
            add ()
            string count.Value + see.Invoke value)

    static member Sequence(value: 'T, see: Func<'T, string>) =
        Func<string>(fun () ->
            seq {
                for i in 1..2 do
                    yield string i
                    yield see.Invoke value
            }
            |> String.concat ",")

    static member LazySequence(value: 'T, see: Func<'T, string>) =
        let texts = Seq.init 2 (fun i -> string i + see.Invoke value)
        Func<string>(fun () -> String.concat "," texts)

    static member Match(value: 'T, see: Func<'T, string>) =
        let wrapped = Some(struct (value, 1))
        Func<string>(fun () ->
            match wrapped with
            | Some(struct (found, n)) when n > 0 -> see.Invoke found
            | _ -> "none")

    static member AnonymousRecord(value: 'T, see: Func<'T, string>) =
        let wrapped = {| Id = 3; Value = value |}
        Func<string>(fun () -> string wrapped.Id + see.Invoke wrapped.Value)

    static member MethodGroup(value: 'T, see: Func<'T, string>) = Func<string>(Reader(value, see).Read)

    static member ObjectExpression(value: 'T, see: Func<'T, string>) =
        let formattable =
            { new IFormattable with
                member _.ToString(format, _) = format + see.Invoke value }

        Func<string>(fun () -> formattable.ToString("x", null))

    static member Exception(value: 'T, see: Func<'T, string>) =
        Func<string>(fun () ->
            try
                failwith "fails"
            with e ->
                e.Message + see.Invoke value)

    static member ExpressionTree(value: 'T, see: Func<'T, string>) =
        Func<string>(fun () -> Work.Tree(fun () -> see.Invoke value).Compile(true).Invoke())

    static member Query(value: 'T, see: Func<'T, string>) =
        let least = 1
        Func<string>(fun () ->
            query {
                for n in [ 1; 2; 3 ].AsQueryable() do
                    where (n > least)
                    select n
            }
            |> Seq.map (fun n -> string n + see.Invoke value)
            |> String.concat ",")

    static member Task(value: 'T, see: Func<'T, string>) =
        Func<Task<string>>(fun () ->
            task {
                do! Task.Yield()
                let text = see.Invoke value
                do! Task.Delay 1
                return text + see.Invoke value
            })

    static member Async(value: 'T, see: Func<'T, string>) =
        Func<Task<string>>(fun () ->
            async {
                do! Async.SwitchToThreadPool()
                return see.Invoke value
            }
            |> Async.StartAsTask)

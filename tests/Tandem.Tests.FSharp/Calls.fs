namespace Tandem.Tests.FSharp

open System
open System.Collections.Generic
open System.Threading
open System.Threading.Tasks
open Tandem

/// Calls as F# programs write them, without an annotation that only the overloads of a pool would need. That this file compiles is half of the test.
module Calls =
    let private double (number: int) = number * 2

    let private doubleLater (number: int) = task { return number * 2 }

    let private numbers = [ 1; 2; 3 ]

    let private later (source: 'T list) : IAsyncEnumerable<'T> = System.Linq.AsyncEnumerable.ToAsyncEnumerable source

    let private collect (source: IAsyncEnumerable<'T>) =
        task {
            let found = List<string>()
            let enumerator = source.GetAsyncEnumerator()
            let mutable goOn = true

            while goOn do
                let! hasNext = enumerator.MoveNextAsync()
                goOn <- hasNext

                if hasNext then
                    found.Add(string enumerator.Current)

            do! enumerator.DisposeAsync()
            return String.Join(" ", found)
        }

    let private text (call: Task<'T>) =
        task {
            let! result = call
            return string result
        }

    let private ended (call: Task) =
        task {
            do! call
            return "ended"
        }

    let private withState (pool: WorkerPoolOptions) (call: WorkerPool<int> -> Task<string>) =
        task {
            let stateful = WorkerPool.Create(pool, (fun () -> 40))
            let! result = call stateful
            do! stateful.DisposeAsync()
            return result
        }

    /// By name: the call on a pool that it makes of the options, and what comes of it.
    let private all: (string * (WorkerPool -> WorkerPoolOptions -> Task<string>) * string) list =
        let three = 3
        let token = CancellationToken.None
        let options = WorkOptions(Name = "from F#")
        let mapOptions = MapOptions(MaxChunkSize = 1)

        [ "a value", (fun pool _ -> text (pool.RunAsync(fun () -> three + 1))), "4"
          "unit", (fun pool _ -> ended (pool.RunAsync(fun () -> Thread.SpinWait three))), "ended"
          "a function", (fun pool _ -> text (pool.RunAsync((fun () -> double three), options))), "6"
          "a value, a token", (fun pool _ -> text (pool.RunAsync((fun () -> three + 1), cancellationToken = token))), "4"
          "a value that sees its token", (fun pool _ -> text (pool.RunAsync(fun (token: CancellationToken) -> token.IsCancellationRequested))), "False"
          "a task", (fun pool _ -> text (pool.RunAsync(fun () -> task { return three + 1 }))), "4"
          "a task without a result", (fun pool _ -> ended (pool.RunAsync(fun () -> task { do! Task.Delay 1 }))), "ended"
          "a background task", (fun pool _ -> text (pool.RunAsync(fun () -> backgroundTask { return three }))), "3"
          "an asynchronous workflow", (fun pool _ -> text (pool.RunAsync(fun () -> async { return three } |> Async.StartAsTask))), "3"
          "a task of a function", (fun pool _ -> text (pool.RunAsync(fun () -> doubleLater three))), "6"
          "a task, a token", (fun pool _ -> text (pool.RunAsync((fun () -> task { return three }), token))), "3"
          "a task, a token by name", (fun pool _ -> text (pool.RunAsync((fun () -> task { return three }), cancellationToken = token))), "3"
          "a task, options", (fun pool _ -> text (pool.RunAsync((fun () -> task { return three }), options))), "3"
          "a task, options by name", (fun pool _ -> text (pool.RunAsync((fun () -> task { return three }), options = options))), "3"
          // Everything given: the result's type must be, too.
          "a task, options and a token", (fun pool _ -> text (pool.RunAsync<int>((fun () -> task { return three }), options, token))), "3"
          "a task that sees its token",
          (fun pool _ ->
              text (
                  pool.RunAsync(fun token ->
                      task {
                          do! Task.Delay(1, token)
                          return three
                      })
              )),
          "3"
          "a task that sees its token, a token", (fun pool _ -> text (pool.RunAsync((fun own -> task { return own = token }), token))), "False"
          "an argument", (fun pool _ -> text (pool.RunAsync((fun (number: int) (_: CancellationToken) -> double number), three))), "6"
          "an argument, a task", (fun pool _ -> text (pool.RunAsync((fun (number: int) (_: CancellationToken) -> doubleLater number), three))), "6"
          "map", (fun pool _ -> collect (pool.MapAsync(numbers, (fun number -> number + three)))), "4 5 6"
          "map by a function", (fun pool _ -> collect (pool.MapAsync(numbers, double))), "2 4 6"
          "map, options by name", (fun pool _ -> collect (pool.MapAsync(numbers, double, options = mapOptions))), "2 4 6"
          "map that sees its token", (fun pool _ -> collect (pool.MapAsync(numbers, (fun number (_: CancellationToken) -> double number)))), "2 4 6"
          "map to tasks", (fun pool _ -> collect (pool.MapAsync(numbers, (fun number -> task { return number + three })))), "4 5 6"
          "map to tasks of a function", (fun pool _ -> collect (pool.MapAsync(numbers, doubleLater))), "2 4 6"
          "map to tasks, options", (fun pool _ -> collect (pool.MapAsync(numbers, doubleLater, mapOptions))), "2 4 6"
          "map to tasks, a token", (fun pool _ -> collect (pool.MapAsync(numbers, doubleLater, cancellationToken = token))), "2 4 6"
          "map to tasks that see their token", (fun pool _ -> collect (pool.MapAsync(numbers, (fun number (_: CancellationToken) -> doubleLater number)))), "2 4 6"
          "map of an asynchronous source to tasks", (fun pool _ -> collect (pool.MapAsync(later numbers, doubleLater))), "2 4 6"
          "map to outcomes", (fun pool _ -> collect (pool.MapResultsAsync(numbers, (fun number -> 6 / (number - 2))))), "#0: -6 #1: DivideByZeroException: Attempted to divide by zero. #2: 6"
          "map to outcomes of tasks", (fun pool _ -> collect (pool.MapResultsAsync(numbers, doubleLater))), "#0: 2 #1: 4 #2: 6"
          "for each", (fun pool _ -> ended (pool.ForEachAsync(numbers, (fun number -> Thread.SpinWait number)))), "ended"
          "for each, a task", (fun pool _ -> ended (pool.ForEachAsync(numbers, (fun number -> task { do! Task.Delay number })))), "ended"
          "for each, a task that sees its token", (fun pool _ -> ended (pool.ForEachAsync(numbers, (fun number token -> task { do! Task.Delay(number, token) })))), "ended"
          "a state", (fun _ pool -> withState pool (fun pool -> text (pool.RunAsync(fun state -> state + 2)))), "42"
          "a state, a task", (fun _ pool -> withState pool (fun pool -> text (pool.RunAsync(fun state -> task { return state + 2 })))), "42"
          "a state, map", (fun _ pool -> withState pool (fun pool -> collect (pool.MapAsync(numbers, (fun state number -> state + number))))), "41 42 43"
          "a state, map to tasks", (fun _ pool -> withState pool (fun pool -> collect (pool.MapAsync(numbers, (fun state number -> task { return state + number }))))), "41 42 43"
          "a state, an argument, a task",
          (fun _ pool -> withState pool (fun pool -> text (pool.RunAsync((fun state (number: int) (_: CancellationToken) -> task { return state + number }), three)))),
          "43"
          "a state, for each",
          (fun _ pool -> withState pool (fun pool -> ended (pool.ForEachAsync(numbers, (fun state number token -> task { do! Task.Delay(number, token) }))))),
          "ended" ]

    let Names = all |> List.map (fun (name, _, _) -> name) |> List.toArray

    /// What should come of a call, and what does.
    let Run (name: string, pool: WorkerPool, options: WorkerPoolOptions) : Task<struct (string * string)> =
        task {
            let _, call, expected = all |> List.find (fun (other, _, _) -> other = name)
            let! result = call pool options
            return struct (expected, result)
        }

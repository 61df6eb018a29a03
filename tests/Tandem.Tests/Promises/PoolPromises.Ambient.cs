using System.Diagnostics;
using System.Globalization;
using System.Security.Principal;
using Tandem.Tests.Infrastructure;

namespace Tandem.Tests.Promises;

/// <content>Each item starts from a defined context: its caller's cultures and activity, and nothing else, whatever ran before it.</content>
public partial class PoolPromises
{
    public static TheoryData<AmbientKind> AmbientKinds => new(Enum.GetValues<AmbientKind>());

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(AmbientKinds))]
    public async Task What_an_item_sets_does_not_reach_the_next_one(AmbientKind kind)
    {
        await using WorkerPool pool = Backend.Create(1);
        string clean = await pool.RunAsync(() => Ambient.Read(kind));

        await pool.RunAsync(() => Ambient.Spoil(kind));
        Assert.Equal(clean, await pool.RunAsync(() => Ambient.Read(kind)));

        await Assert.ThrowsAsync<FormatException>(() => pool.RunAsync(() =>
        {
            Ambient.Spoil(kind);
            throw new FormatException();
        }));
        Assert.Equal(clean, await pool.RunAsync(() => Ambient.Read(kind)));

        await pool.RunAsync(async () =>
        {
            if (Ambient.Flows(kind))
                Ambient.Spoil(kind);
            await Task.Yield();
            if (Ambient.Flows(kind))
                Ambient.Spoil(kind);
        });
        Assert.Equal(clean, await pool.RunAsync(() => Ambient.Read(kind)));

        await pool.RunAsync(
            _ =>
            {
                Ambient.Spoil(kind);
                return Task.CompletedTask;
            },
            new WorkOptions { Limits = new() { Timeout = Limits.Condition } });
        Assert.Equal(clean, await pool.RunAsync((asked, _) => Ambient.Read(asked), kind));
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(AmbientKinds))]
    public async Task What_an_element_sets_does_not_reach_the_next_one(AmbientKind kind)
    {
        await using WorkerPool pool = Backend.Create(1);
        string clean = await pool.RunAsync(() => Ambient.Read(kind));

        List<WorkResult<string>> results = await pool.MapResultsAsync(Enumerable.Range(0, 500), i =>
        {
            string seen = Ambient.Read(kind);
            Ambient.Spoil(kind);
            return i % 7 == 6 && seen == clean ? throw new FormatException() : seen;
        }).ToListAsync();

        Assert.All(results, result => Assert.Equal(clean, result.Index % 7 == 6 ? clean : result.Value));
        Assert.Equal(500 / 7, results.Count(static result => result.Error is FormatException));
        Assert.Equal(clean, await pool.RunAsync(() => Ambient.Read(kind)));
    }

    [Theory(Timeout = Limits.Test)]
    [MemberData(nameof(AmbientKinds))]
    public async Task What_an_item_sets_does_not_reach_the_next_one_in_a_lane_nor_past_a_state(AmbientKind kind)
    {
        WorkerPoolOptions options = Backend.Options(1);
        options.ConcurrencyPerWorker = 2;
        options.InitializeWorker = () => Ambient.Spoil(kind);
        await using var pool = Backend.Create(options, () =>
        {
            string seen = Ambient.Read(kind);
            Ambient.Spoil(kind);
            return seen;
        });
        await using WorkerPool other = Backend.Create(1);
        string clean = Named(await other.RunAsync(() => Ambient.Read(kind)));
        Assert.Equal(clean, Named(await pool.RunAsync(static state => state)));

        string[] seen = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => pool.RunAsync(_ =>
        {
            string before = Ambient.Read(kind);
            Ambient.Spoil(kind);
            return before;
        })));
        Assert.All(seen, before => Assert.Equal(clean, Named(before)));

        // Names of threads tell the lanes apart, and background threads the lanes from the main thread.
        string Named(string value) => kind is AmbientKind.ThreadName or AmbientKind.Background && value != "spoiled" ? "" : value;
    }

    [Fact(Timeout = Limits.Test)]
    public async Task The_cultures_of_the_caller_flow_to_the_work()
    {
        await using WorkerPool pool = Backend.Create(1);
        string before = await pool.RunAsync(static () => Cultures());
        foreach (CultureInfo culture in (CultureInfo[])[new("de-CH"), CultureInfo.GetCultureInfo("ar-SA"), CultureInfo.InvariantCulture])
        {
            (string own, Task<string> sync, Task<string> asynchronous, List<string> mapped) = await InAsync(culture, new CultureInfo("ja-JP"), async () =>
            {
                Task<string> sync = pool.RunAsync(static () => Cultures());
                Task<string> asynchronous = pool.RunAsync(static async () =>
                {
                    await Task.Yield();
                    await Task.Delay(1);
                    return Cultures();
                });
                return (Cultures(), sync, asynchronous, await pool.MapAsync(Enumerable.Range(0, 100), static _ => Cultures()).ToListAsync());
            });

            Assert.Equal(own, await sync);
            Assert.Equal(own, await asynchronous);
            Assert.All(mapped, one => Assert.Equal(own, one));
            Assert.Equal(before, await pool.RunAsync(static () => Cultures()));
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task A_culture_whose_formats_were_changed_flows_with_them_or_is_refused()
    {
        await using WorkerPool pool = Backend.Create(1);
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = "~";
        await InAsync(culture, CultureInfo.InvariantCulture, async () =>
        {
            try
            {
                Assert.Equal("1~5", await pool.RunAsync(static () => 1.5.ToString(CultureInfo.CurrentCulture)));
            }
            catch (WorkSerializationException e) when (Backend.CopiesValues)
            {
                Assert.StartsWith("CultureInfo.CurrentCulture", e.Path, StringComparison.Ordinal);
            }

            return true;
        });
    }

    [Fact(Timeout = Limits.Test)]
    public async Task The_cultures_of_a_map_are_those_in_which_it_began()
    {
        await using WorkerPool pool = Backend.Create(1);
        List<string> seen = await InAsync(new CultureInfo("fr-FR"), new CultureInfo("fr-FR"), async () =>
        {
            List<string> seen = [];
            await foreach (string one in pool.MapAsync(Meddling(), static _ => Cultures(), new MapOptions { MaxChunkSize = 2 }))
            {
                seen.Add(one);
                CultureInfo.CurrentCulture = new CultureInfo("da-DK");
            }

            return seen;
        });

        Assert.All(seen, static one => Assert.Equal("fr-FR fr-FR", one));

        static IEnumerable<int> Meddling()
        {
            for (int i = 0; i < 100; i++)
            {
                CultureInfo.CurrentUICulture = new CultureInfo("es-ES");
                yield return i;
            }
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Workers_start_in_the_cultures_of_who_made_the_pool()
    {
        WorkerPool<string> pool = await InAsync(new CultureInfo("de-AT"), new CultureInfo("it-IT"), () =>
            Task.FromResult(Backend.Create(Backend.Options(1), static () => Cultures())));
        await using (pool)
        {
            // From a caller in other cultures, whose they are for the item, and not for the state.
            Assert.Equal("de-AT it-IT", await pool.RunAsync(static state => state));
            Assert.Equal(Cultures(), await pool.RunAsync(static _ => Cultures()));
            Assert.Equal("de-AT it-IT", await InAsync(new CultureInfo("de-AT"), new CultureInfo("it-IT"), () => pool.RunAsync(static _ => Cultures())));
        }
    }

    [Fact(Timeout = Limits.Test)]
    public async Task Nothing_else_of_the_caller_s_context_flows()
    {
        await using WorkerPool pool = Backend.Create(1);
        string[] clean = await pool.RunAsync(static () => ReadAll());
        string[] seen = await Task.Run(async () =>
        {
            Ambient.Spoil(AmbientKind.AsyncLocal);
            Thread.CurrentPrincipal = new GenericPrincipal(new GenericIdentity("caller"), []);
            return await pool.RunAsync(static () => ReadAll());
        });

        Assert.Equal(clean, seen);
        Assert.Equal("none", seen[(int)AmbientKind.AsyncLocal]);
        Assert.Equal("none", seen[(int)AmbientKind.SynchronizationContext]);

        static string[] ReadAll() => [.. Enum.GetValues<AmbientKind>().Select(Ambient.Read)];
    }

    [Fact(Timeout = Limits.Test)]
    public async Task An_activity_that_work_leaves_behind_ends_with_its_item()
    {
        await using WorkerPool pool = Backend.Create(1);
        using var caller = new Activity("caller");
        caller.Start();
        await pool.RunAsync(static () => { new Activity("left").Start(); });
        Assert.StartsWith(caller.TraceId.ToHexString(), await pool.RunAsync(static () => Trace()), StringComparison.Ordinal);
        Assert.All(
            await pool.MapAsync(Enumerable.Range(0, 50), static _ =>
            {
                string? seen = Activity.Current?.OperationName;
                new Activity("left").Start();
                return seen;
            }).ToListAsync(),
            static seen => Assert.NotEqual("left", seen));
        caller.Stop();

        Assert.Equal("none", await pool.RunAsync(static () => Ambient.Read(AmbientKind.Activity)));
    }

    private static string Cultures() => $"{CultureInfo.CurrentCulture.Name} {CultureInfo.CurrentUICulture.Name}";

    /// <summary>Runs something in a flow with cultures of its own.</summary>
    private static Task<T> InAsync<T>(CultureInfo culture, CultureInfo uiCulture, Func<Task<T>> action) => Task.Run(() =>
    {
        CultureInfo.CurrentCulture = culture;
        CultureInfo.CurrentUICulture = uiCulture;
        return action();
    });
}

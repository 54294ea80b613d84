using System.Diagnostics;
using System.Net;

namespace Identity.Benchmarks;

/// <summary>One measured round.</summary>
/// <param name="Operations">Done, all of them well.</param>
/// <param name="Cpu">Of the server, over the round.</param>
internal sealed record Round(long Operations, TimeSpan Elapsed, TimeSpan Cpu, long ResidentBytes)
{
    public double PerSecond => Operations / Elapsed.TotalSeconds;

    public double CpuMilliseconds => Cpu.TotalMilliseconds / Operations;
}

/// <summary>Many users at once, each doing one operation after the other over a connection of their own.</summary>
internal sealed class Load(Subject subject, int users) : IDisposable
{
    private readonly List<(HttpClient Http, RelyingParty Party)> parties = [];

    public async Task SignIn()
    {
        for (var user = 0; user < users; user++)
        {
            var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() }) { BaseAddress = subject.Address };
            await subject.SignIn(http);
            parties.Add((http, new RelyingParty(subject, http)));
        }
    }

    public IEnumerable<RelyingParty> Parties => parties.Select(party => party.Party);

    public async Task<Round> Run(Func<RelyingParty, Task> operation, TimeSpan duration)
    {
        var before = Meter.Of(subject.ProcessId);
        var watch = Stopwatch.StartNew();
        var counts = await Task.WhenAll(parties.Select(async party =>
        {
            var count = 0L;
            for (; watch.Elapsed < duration; count++)
                await operation(party.Party);
            return count;
        }));
        var elapsed = watch.Elapsed;
        var after = Meter.Of(subject.ProcessId);
        return new Round(counts.Sum(), elapsed, after.Cpu - before.Cpu, after.ResidentBytes);
    }

    public void Dispose()
    {
        foreach (var (http, party) in parties)
        {
            party.Dispose();
            http.Dispose();
        }
    }
}

using System.Globalization;
using Identity.Benchmarks;

if (await BareOpenIddict.Serve(args))
    return 0;
if (args is [ServedAuthority.Mode, .. var served])
{
    await ServedAuthority.Run(served);
    return 0;
}

if (args is [SigningProcess.Mode, .. var one])
{
    await SigningProcess.Run(one);
    return 0;
}

if (args is [VerifyingProcess.Mode, .. var verified])
{
    await VerifyingProcess.Run(verified);
    return 0;
}

if (args is not [("login" or "endpoints" or "waiting" or "keys" or "sign" or "verify" or "authority" or "hostile" or "documents") and var what, .. var rest] || rest.Length % 2 != 0)
{
    Console.Error.WriteLine("login | endpoints | waiting | keys | sign | verify | authority | hostile | documents   [--seconds 5] [--warm 20] [--rounds 3] [--users 16] [--only provider,node,openiddict] [--only NAME,...] [--count 100000] [--sizes 31kB,50kB,50signatures,10MB,100MB] [--seals p256,rsa3072,p256-token] [--levels B-B,B-T,B-LTA]");
    return 2;
}

var options = rest.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
int Number(string name, int otherwise) => options.TryGetValue(name, out var value) ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
string[] List(string name, string[] otherwise) => options.TryGetValue(name, out var value) ? value.Split(',') : otherwise;
var seconds = TimeSpan.FromSeconds(Number("--seconds", 5));
if (what == "documents")
{
    await EveryRow.Run(rest);
    return 0;
}

if (what == "keys")
{
    await TokenKeys.Run(seconds, Number("--rounds", 3), Number("--users", 16));
    return 0;
}

if (what == "hostile")
{
    await HostileFiles.Run(options.TryGetValue("--only", out var names) ? names.Split(',') : []);
    return 0;
}

var warm = TimeSpan.FromSeconds(Number("--warm", 20));
if (what == "sign")
{
    var all = DocumentSigning.All(seconds, warm, Number("--rounds", 3));
    await DocumentSigning.Run(all with { Sizes = List("--sizes", all.Sizes), Seals = List("--seals", all.Seals), Levels = List("--levels", all.Levels) });
    return 0;
}

if (what == "verify")
{
    var all = DocumentVerification.All(seconds, warm, Number("--rounds", 3));
    await DocumentVerification.Run(all with { Sizes = List("--sizes", all.Sizes), Seals = List("--seals", all.Seals), Levels = List("--levels", all.Levels) });
    return 0;
}

if (what == "authority")
{
    await AuthorityServices.Run(seconds, warm, Number("--users", 16), List("--only", []));
    return 0;
}

var only = options.GetValueOrDefault("--only", "provider,openiddict,node").Split(',');
var subjects = new Subject[] { new OurProvider(), new BareOpenIddict(), new NodeOidcProvider() }.Where(subject => only.Contains(subject.Name)).ToArray();
var loads = new Dictionary<Subject, Load>();
try
{
    foreach (var subject in subjects)
    {
        await subject.Start();
        loads[subject] = new Load(subject, Number("--users", 16));
        await loads[subject].SignIn();
    }

    switch (what)
    {
        case "login":
            await Measure("login", party => party.Login());
            break;
        case "endpoints":
            await Measure("discovery", party => party.Get(".well-known/openid-configuration"));
            await Compare("jwks", subject => party => party.Get(subject.JwksPath));
            var tokens = await AccessTokens();
            await Measure("userinfo", party => party.UserInfo(tokens[party]));
            await Measure("introspection", party => party.Introspect(tokens[party]));
            // Last: the requests that nobody picks up push sessions and tokens out of a peer's memory.
            await Measure("par", party => party.Push());
            if (subjects.OfType<BareOpenIddict>().SingleOrDefault() is { } bare)
                await Print("kestrel: plaintext", bare, party => party.Get("plaintext"));
            break;
        case "waiting":
            await Waiting(Number("--count", 100_000));
            break;
    }
}
finally
{
    foreach (var load in loads.Values)
        load.Dispose();
    foreach (var subject in subjects)
        await subject.DisposeAsync();
}

return 0;

Task Measure(string name, Func<RelyingParty, Task> operation) => Compare(name, _ => operation);

async Task Compare(string name, Func<Subject, Func<RelyingParty, Task>> operation)
{
    foreach (var subject in subjects)
        await loads[subject].Run(operation(subject), warm);
    var rounds = subjects.ToDictionary(subject => subject, _ => new List<Round>());
    for (var round = 0; round < Number("--rounds", 3); round++)
    {
        foreach (var subject in subjects)
            rounds[subject].Add(await loads[subject].Run(operation(subject), seconds));
    }

    foreach (var subject in subjects)
        Line(name, subject.Name, rounds[subject]);
}

async Task Print(string name, Subject subject, Func<RelyingParty, Task> operation)
{
    await loads[subject].Run(operation, warm);
    Line(name, "", [await loads[subject].Run(operation, seconds)]);
}

async Task<Dictionary<RelyingParty, string>> AccessTokens()
{
    var tokens = new Dictionary<RelyingParty, string>();
    foreach (var subject in subjects)
    {
        foreach (var party in loads[subject].Parties)
        {
            var location = await party.Authorize(await party.Push());
            tokens[party] = await party.Redeem(Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(new Uri(location).Query)["code"]!);
        }
    }

    return tokens;
}

async Task Waiting(int count)
{
    foreach (var subject in subjects)
    {
        await loads[subject].Run(party => party.Push(), warm);
        Console.WriteLine($"{subject.Name}: {Meter.Of(subject.ProcessId).ResidentBytes / 1048576} MB before");
        var left = count;
        await Task.WhenAll(loads[subject].Parties.Select(async party =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
                await party.Push();
        }));
        Console.WriteLine($"{subject.Name}: {Meter.Of(subject.ProcessId).ResidentBytes / 1048576} MB with {count} pushed requests waiting");
    }
}

static void Line(string name, string subject, IReadOnlyList<Round> rounds)
{
    var median = rounds.OrderBy(round => round.CpuMilliseconds).ElementAt(rounds.Count / 2);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{name,-20} {subject,-11} {median.PerSecond,9:0} /s {median.CpuMilliseconds,8:0.000} ms CPU each {median.ResidentBytes / 1048576,5} MB"));
}

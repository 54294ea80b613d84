using System.Collections.Concurrent;
using System.Text.Json;
using Identity.TestKit.Pki;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.TrustedLists;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Identity.Verification.Tests.TrustedLists;

/// <summary>Lists that are fetched because the operator says from where, before a server of lists that answers as a test likes.</summary>
public sealed class ListRefreshTests : IAsyncLifetime
{
    private readonly Hierarchy hierarchy;
    private readonly string folder = Directory.CreateTempSubdirectory("identity-refresh-").FullName;
    private readonly ConcurrentDictionary<string, RequestDelegate> served = new();
    private readonly ConcurrentQueue<string> asked = new();
    private readonly WebApplication source;
    private WebApplication? app;

    public ListRefreshTests(Hierarchy hierarchy)
    {
        this.hierarchy = hierarchy;
        foreach (var name in new[] { "lists", "signers", "none" })
            Directory.CreateDirectory(In(name));
        // Once for all tests of this class, which run one after the other.
        if (!File.Exists(hierarchy.Pki.CertificatePath("refresh-person")))
        {
            foreach (var signer in new[] { "refresh-lotl", "refresh-national", "refresh-nobody" })
                hierarchy.Pki.Certify(signer, OpensslKey.Rsa2048, $"/C=XX/CN={signer}", "keyUsage=critical,digitalSignature\n", null, "ListSigner");
            hierarchy.Pki.Certify("refresh-person", OpensslKey.P256, "/C=XX/CN=refresh-person", "keyUsage=critical,nonRepudiation\n2.5.29.56=DER:05:00\n", "people-ca", "PersonSignature", days: 1);
        }

        File.Copy(hierarchy.Pki.CertificatePath("refresh-lotl"), Path.Combine(In("signers"), "lotl.cer.pem"));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.Limits.MinResponseDataRate = null);
        source = builder.Build();
        source.Run(context =>
        {
            asked.Enqueue(context.Request.Path);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return served.TryGetValue(context.Request.Path, out var answer) ? answer(context) : Task.CompletedTask;
        });
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private RefreshTrustedLists Refreshing => app!.Services.GetRequiredService<RefreshTrustedLists>();

    private TrustedListSettings Lists => app!.Services.GetRequiredService<VerificationSettings>().TrustedLists!;

    private Trusted Now => app!.Services.GetRequiredService<TrustInForce>().Now;

    public async ValueTask InitializeAsync() => await source.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
            await app.DisposeAsync();
        await source.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Lists_are_fetched_at_start_and_followed_while_the_service_runs_and_no_address_in_them_is_asked()
    {
        Serve("/eu.xml", Central(7));
        Serve("/xx.xml", National(7));
        await Start();
        Assert.Equal("TOTAL-PASSED", await Verdict());
        Assert.Equal(2, Directory.GetFiles(In("lists"), "*.xml").Length);
        Assert.Equal(["/eu.xml", "/xx.xml"], asked.Order(StringComparer.Ordinal));

        Serve("/xx.xml", National(8, HandMadeList.Withdrawn));
        await Refreshing.Refresh(Lists, Cancellation);
        Assert.Equal("INDETERMINATE", await Verdict());
        Assert.Empty(Directory.GetFiles(In("lists"), "*.new"));

        // The one from before is signed as well, and says what is no longer so.
        Serve("/xx.xml", National(7));
        await Refreshing.Refresh(Lists, Cancellation);
        Assert.Equal("INDETERMINATE", await Verdict());
        Assert.Contains(Now.Services.Lists, list => list is { Territory: "XX", SequenceNumber: 8 });
        await Restart();
        Assert.Contains(Now.Services.Lists, list => list is { Territory: "XX", SequenceNumber: 8 });
    }

    [Theory]
    [InlineData("signed by nobody")]
    [InlineData("no list")]
    [InlineData("too large")]
    [InlineData("a redirect to the list")]
    [InlineData("an error")]
    [InlineData("half of it")]
    public async Task What_cannot_be_relied_on_leaves_the_list_before_and_takes_nothing_from_the_others(string what)
    {
        Serve("/eu.xml", Central(7));
        Serve("/xx.xml", National(7));
        await Start();
        Serve("/eu.xml", Central(9));
        Serve("/elsewhere.xml", National(8));
        served["/xx.xml"] = what switch
        {
            "signed by nobody" => Answer(Signed(NationalText(8), "refresh-nobody")),
            "no list" => Answer("<html/>"),
            "too large" => async context =>
            {
                context.Response.StatusCode = 200;
                for (var sent = 0; sent <= TrustedListReader.LargestFile; sent += 1 << 20)
                    await context.Response.Body.WriteAsync(new byte[1 << 20], context.RequestAborted);
            },
            "a redirect to the list" => context =>
            {
                context.Response.Redirect("/elsewhere.xml");
                return Task.CompletedTask;
            },
            "an error" => context =>
            {
                context.Response.StatusCode = 500;
                return context.Response.WriteAsync(National(8));
            },
            _ => async context =>
            {
                context.Response.StatusCode = 200;
                context.Response.ContentLength = 100_000;
                await context.Response.WriteAsync(National(8)[..500]);
                context.Abort();
            },
        };
        await Refreshing.Refresh(Lists, Cancellation);
        Assert.Equal([("EU", 9), ("XX", 7)], Now.Services.Lists.Select(list => (list.Territory, list.SequenceNumber)));
        Assert.Equal("TOTAL-PASSED", await Verdict());
        Assert.DoesNotContain("/elsewhere.xml", asked);
        await Restart();
        Assert.Equal([("EU", 9), ("XX", 7)], Now.Services.Lists.Select(list => (list.Territory, list.SequenceNumber)));
    }

    [Fact]
    public async Task A_territory_that_the_list_of_lists_no_longer_points_to_has_no_services_any_more()
    {
        Serve("/eu.xml", Central(7));
        Serve("/xx.xml", National(7));
        await Start();
        Serve("/eu.xml", Signed(Of("EU", 8, "", central: true), "refresh-lotl"));
        await Refreshing.Refresh(Lists, Cancellation);
        Assert.Empty(Now.Services.Services);
        Assert.Equal("INDETERMINATE", await Verdict());
    }

    [Fact]
    public async Task A_list_of_lists_of_somebody_else_changes_nothing()
    {
        Serve("/eu.xml", Central(7));
        Serve("/xx.xml", National(7));
        await Start();
        Serve("/eu.xml", Signed(Of("EU", 8, HandMadeList.Pointer("XX", hierarchy.Pki.Certificate("refresh-nobody")), central: true), "refresh-nobody"));
        Serve("/xx.xml", Signed(NationalText(8), "refresh-nobody"));
        await Refreshing.Refresh(Lists, Cancellation);
        Assert.Equal([("EU", 7), ("XX", 7)], Now.Services.Lists.Select(list => (list.Territory, list.SequenceNumber)));
    }

    [Fact]
    public async Task Without_any_list_the_service_does_not_start_and_with_those_of_before_it_does()
    {
        var refused = await Assert.ThrowsAsync<VerificationSettingException>(Start);
        Assert.Equal("Verification:TrustedListSources gave no lists that can be relied on, and none are in TrustedListDirectory; the log says why", refused.Message);
        Serve("/eu.xml", Central(7));
        Serve("/xx.xml", National(7));
        await Restart();
        served.Clear();
        await Restart();
        Assert.Equal("TOTAL-PASSED", await Verdict());
    }

    [Fact]
    public async Task A_folder_that_somebody_else_writes_is_read_again_and_nobody_is_asked()
    {
        Write("eu.xml", Central(7));
        Write("xx.xml", National(7, HandMadeList.Withdrawn));
        await Start(fetching: false);
        Assert.Equal("INDETERMINATE", await Verdict());
        Write("xx.xml", National(8));
        await Refreshing.Refresh(Lists, Cancellation);
        Assert.Equal("TOTAL-PASSED", await Verdict());
        Write("eu.xml", "<cut");
        await Refreshing.Refresh(Lists, Cancellation);
        Assert.Equal("TOTAL-PASSED", await Verdict());
        Assert.Empty(asked);
    }

    [Theory]
    [InlineData(true, "http://lists.example/eu.xml", "lists", "06:00:00", "TrustedListSources must be https addresses without user information and fragment, or in Development http on loopback: http://lists.example/eu.xml")]
    [InlineData(true, "http://localhost/eu.xml", "lists", "06:00:00", "TrustedListSources must be https addresses without user information and fragment, or in Development http on loopback: http://localhost/eu.xml")]
    [InlineData(false, "https://user@lists.example/eu.xml", "lists", "06:00:00", "TrustedListSources must be https addresses without user information and fragment, or in Development http on loopback: https://user@lists.example/eu.xml")]
    [InlineData(false, "file:///etc/passwd", "lists", "06:00:00", "TrustedListSources must be https addresses without user information and fragment, or in Development http on loopback: file:///etc/passwd")]
    [InlineData(false, "https://lists.example/eu.xml", "", "06:00:00", "TrustedListSources is set, and TrustedListDirectory, into which they are fetched, is not")]
    [InlineData(false, "https://lists.example/eu.xml https://lists.example/eu.xml", "lists", "06:00:00", "TrustedListSources has an address twice")]
    [InlineData(false, "https://lists.example/eu.xml", "lists", "00:00:59", "TrustedListsEvery must be from a minute to a day")]
    [InlineData(false, "https://lists.example/eu.xml", "lists", "1.00:00:01", "TrustedListsEvery must be from a minute to a day")]
    public void Settings_that_cannot_be_are_refused_by_name(bool production, string sources, string directory, string every, string refusal)
    {
        var options = Options(sources.Split(' '));
        (options.TrustedListDirectory, options.TrustedListsEvery) = (directory.Length == 0 ? "" : In(directory), TimeSpan.Parse(every, System.Globalization.CultureInfo.InvariantCulture));
        if (directory.Length == 0)
            options.TrustedListSigners = "";
        Assert.Equal("Verification:" + refusal, Assert.Throws<VerificationSettingException>(() => VerificationSettings.Check(options, production)).Message);
    }

    [Fact]
    public void As_many_sources_as_the_cap_are_taken_and_one_more_is_refused()
    {
        var most = Enumerable.Range(0, TrustedListSettings.MostSources).Select(number => FormattableString.Invariant($"https://lists.example/{number}.xml")).ToArray();
        Assert.Equal(TrustedListSettings.MostSources, VerificationSettings.Check(Options(most), production: false).TrustedLists!.Sources.Count);
        var refused = Assert.Throws<VerificationSettingException>(() => VerificationSettings.Check(Options([.. most, "https://lists.example/more.xml"]), production: false));
        Assert.Equal("Verification:TrustedListSources has more than 64 addresses", refused.Message);
    }

    private VerificationOptions Options(string[] sources) => new()
    {
        PublicAddress = "https://verify.example/", TrustedListDirectory = In("lists"), TrustedListSigners = In("signers"), TrustedListSources = sources,
    };

    private string In(string name) => Path.Combine(folder, name);

    private void Write(string name, string list) => File.WriteAllText(Path.Combine(In("lists"), name), list);

    private void Serve(string path, string list) => served[path] = Answer(list);

    private static RequestDelegate Answer(string list) => context =>
    {
        context.Response.StatusCode = 200;
        return context.Response.WriteAsync(list);
    };

    private Task Start() => Start(fetching: true);

    private async Task Start(bool fetching)
    {
        var address = source.Urls.First().Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        app = VerificationApp.Build(
        [
            "--environment=Development", "--urls=http://127.0.0.1:0", "--Verification:PublicAddress=http://localhost:5300/", $"--Verification:TrustDirectories:0={In("none")}",
            $"--Verification:TrustedListDirectory={In("lists")}", $"--Verification:TrustedListSigners={In("signers")}", "--Logging:LogLevel:Default=None",
            .. fetching ? new[] { $"--Verification:TrustedListSources:0={address}/xx.xml", $"--Verification:TrustedListSources:1={address}/eu.xml" } : [],
        ]);
        await app.StartAsync(Cancellation);
    }

    private async Task Restart()
    {
        await app!.DisposeAsync();
        await Start();
    }

    private async Task<string> Verdict()
    {
        using var client = new HttpClient { BaseAddress = new Uri(app!.Urls.First()) };
        using var document = new ByteArrayContent(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("refresh-person")));
        using var form = new MultipartFormDataContent { { document, "file", "deed.pdf" } };
        using var answer = await client.PostAsync("/v1/validations", form, Cancellation);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement.GetProperty("conclusion").GetString()!;
    }

    private string Central(int sequence) => Signed(Of("EU", sequence, HandMadeList.Pointer("XX", hierarchy.Pki.Certificate("refresh-national")), central: true), "refresh-lotl");

    private string National(int sequence, string status = HandMadeList.Granted) => Signed(NationalText(sequence, status), "refresh-national");

    private string NationalText(int sequence, string status = HandMadeList.Granted) =>
        Of("XX", sequence, HandMadeList.Service(hierarchy.Pki.Certificate("people-ca"), "ForeSignatures", (status, Hierarchy.Now.AddYears(-5))));

    private static string Of(string territory, int sequence, string content, bool central = false) =>
        HandMadeList.Of(territory, Hierarchy.Now.AddDays(-1), content, central).Replace("<TSLSequenceNumber>7<", FormattableString.Invariant($"<TSLSequenceNumber>{sequence}<"), StringComparison.Ordinal);

    private string Signed(string list, string signer) => HandMadeList.Sign(list, File.ReadAllText(hierarchy.Pki.KeyPath(signer)));
}

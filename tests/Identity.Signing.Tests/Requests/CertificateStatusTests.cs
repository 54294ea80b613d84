using Identity.TestKit.Pki;

namespace Identity.Signing.Tests.Requests;

/// <summary>What OCSP and lists say, or do not say: nothing is signed below the level that was asked for.</summary>
public sealed class CertificateStatusTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    public static TheoryData<string, string> Statuses() => new()
    {
        // The person's certificate names a list beside the responder: both must fail.
        { "both down", "status_unavailable" },
        { "ocsp is a web page and list is down", "status_unavailable" },
        { "both garbage", "status_refused" },
        { "unknown to the responder, list garbage", "status_refused" },
        { "revoked", "certificate_revoked" },
        { "answer about another certificate, list garbage", "status_refused" },
        { "answer of a stranger, list garbage", "status_refused" },
        { "list of a stranger for the authority", "status_refused" },
        { "list of the authority down", "status_unavailable" },
        { "list larger than the cap", "status_refused" },
        { "addresses that are not configured", "proof_refused" },
        { "addresses that only begin like a configured one", "proof_refused" },
    };

    [Theory]
    [MemberData(nameof(Statuses))]
    public async Task Without_the_status_of_every_certificate_nothing_is_signed(string what, string reason)
    {
        system.Reset();
        using var stranger = what.Contains("stranger", StringComparison.Ordinal) ? new OpensslPki() : null;
        var authority = system.Authority;
        var withoutList = what.Contains("list garbage", StringComparison.Ordinal) || what == "both garbage";
        authority.Lists = name => name == "issuing-ca" && withoutList ? [1, 2, 3] : null;
        switch (what)
        {
            case "both down": (authority.OcspStatus, authority.ListStatus) = (503, 503); break;
            case "ocsp is a web page and list is down": (authority.OcspReply, authority.ListStatus) = (_ => "<html>"u8.ToArray(), 503); break;
            case "both garbage": authority.OcspReply = _ => [1, 2, 3]; break;
            case "unknown to the responder, list garbage": authority.Forgets = true; break;
            case "revoked": authority.Revokes = true; break;
            case "answer about another certificate, list garbage": authority.OcspReply = _ => AboutTheTimestampingUnit(); break;
            case "answer of a stranger, list garbage": authority.OtherResponder = stranger; break;
            case "list of a stranger for the authority": authority.Lists = name => name == "root-ca" ? stranger!.RevocationList("root-ca") : null; break;
            case "list of the authority down": authority.Lists = name => name == "root-ca" ? throw new InvalidOperationException("down") : null; break;
            case "list larger than the cap": (authority.OcspReply, authority.Lists) = (_ => [1], name => new byte[5 * 1024 * 1024]); break;
            case "addresses that are not configured": authority.OtherStatusAddress = "http://localhost:9/"; break;
            case "addresses that only begin like a configured one": authority.OtherStatusAddress = authority.Address.TrimEnd('/') + ".example/"; break;
        }

        var id = await system.CreateRequest(Pdfs.Page(what));
        await SigningSystem.Approve(system.NewBrowser(), id);
        var ended = await system.Ended(id);
        Assert.Equal(("failed", reason), (ended["status"]!.GetValue<string>(), ended["reason"]!.GetValue<string>()));
        Assert.DoesNotContain(Directory.EnumerateFiles(system.Documents, "*.p*df", SearchOption.AllDirectories),
            file => file.Contains(id + ".", StringComparison.Ordinal) && !file.EndsWith(id + ".pdf", StringComparison.Ordinal));

        // Below that level nobody is asked, and a new approval succeeds once the neighbour is well.
        if (what is "both down")
            Assert.True((await system.Verify(await system.Sign(Pdfs.Page("B-T"), level: "B-T"))).Signatures.Count == 1);
        system.Reset();
        await SigningSystem.Approve(system.NewBrowser(), id);
        Assert.Equal("signed", (await system.Ended(id))["status"]!.GetValue<string>());

        byte[] AboutTheTimestampingUnit()
        {
            system.Pki.Openssl("ocsp", "-issuer", system.Pki.CertificatePath("issuing-ca"), "-cert", system.Pki.CertificatePath("tsa"), "-reqout", system.Pki.PathOf("other.request"));
            return system.Pki.AnswerOcsp(File.ReadAllBytes(system.Pki.PathOf("other.request")));
        }
    }

    [Fact]
    public async Task The_list_is_asked_when_the_responder_is_down()
    {
        system.Reset();
        system.Authority.OcspStatus = 503;
        var report = await system.Verify(await system.Sign(Pdfs.Page("List")));
        Assert.Equal(("TOTAL-PASSED", "PAdES-BASELINE-LTA"), (report.Conclusion, report.Signatures[0].Level));
    }

    [Theory]
    [InlineData("B-A")]
    [InlineData("b-lta")]
    [InlineData("")]
    [InlineData("B-B")]
    public async Task A_level_that_there_is_not_or_that_the_agency_may_not_ask_for_is_refused(string level)
    {
        system.Reset();
        using var answer = await system.PostRequest(Pdfs.Page(), level: level);
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("level must be", await answer.Content.ReadAsStringAsync(SigningSystem.Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_operator_may_let_an_agency_ask_for_the_signature_alone()
    {
        system.Reset();
        await using var lenient = await system.StartAnotherOn(system.Pki.PathOf("lenient"), "--Signing:Agencies:0:LowestLevel=B-B");
        var file = await lenient.Sign(Pdfs.Page("Alone"), level: "B-B");
        Assert.Equal(0, system.Authority.TimestampRequests);
        var report = await system.Verify(file);
        Assert.Equal("PAdES-BASELINE-B", Assert.Single(report.Signatures).Level);
    }

    [Fact]
    public async Task Without_status_sources_the_level_is_with_a_time_stamp_and_no_higher_one_can_be_asked_for()
    {
        system.Reset();
        await using var plain = await system.StartAnotherOn(system.Pki.PathOf("plain"), "--Signing:StatusSources:0=");
        var id = await plain.CreateRequest(Pdfs.Page("Plain"));
        Assert.Equal("B-T", (await plain.Status(id))["level"]!.GetValue<string>());
        using var answer = await plain.PostRequest(Pdfs.Page(), level: "B-LT");
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, answer.StatusCode);
    }
}

using Identity.Pkix.X509;
using Identity.TestKit.Pki;
using Identity.Verification.Policy;
using Identity.Verification.Reports;
using Identity.Verification.Revocation;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Trust;

namespace Identity.Verification.Tests.Engine;

/// <summary>Values that whoever made the file chose: none of them may settle a doubt, keep anybody from being asked, or move a time.</summary>
public sealed class ClaimsDecideNothing(Hierarchy hierarchy)
{
    private static SignatureReport Signature(ValidationReport report) => Assert.Single(report.Signatures, one => one.Kind == "signature");

    /// <summary>Stamped by a unit whose revocation an embedded list does not know yet, though the list is newer than what the token says.</summary>
    private ArchivedDocument StampedByRevocableUnit() => new ArchivedDocument(hierarchy, hierarchy.Sign(HandMadePdf.Plain(),
            CmsShape.By("brief") with { StampedAt = Hierarchy.Now.AddMinutes(1), StampedBy = "stamps" }))
        .Store(("CRLs", hierarchy.RevocationList("root-ca", Hierarchy.Now.AddHours(1))), ("CRLs", hierarchy.RevocationList("people-ca", Hierarchy.Now.AddHours(1))));

    private RevocationNetwork UnitRevokedAt(DateTimeOffset when) => new(new()
    {
        [Hierarchy.Source + "root.crl"] = hierarchy.RevocationList("root-ca", Hierarchy.Now.AddHours(2)),
        [Hierarchy.Source + "issuing.crl"] = hierarchy.RevocationList("people-ca", Hierarchy.Now.AddHours(2), revoked: ("stamps", when)),
    });

    private Task<ValidationReport> Report(byte[] file, HttpMessageHandler? network) => Validating.Report(file, hierarchy.AllAnchors, network, Hierarchy.Now.AddHours(3));

    [Fact]
    public async Task The_time_in_a_token_keeps_nobody_from_being_asked_about_its_unit()
    {
        // Who has the unit's key after its revocation writes any time before the list that the file brings along.
        var network = UnitRevokedAt(Hierarchy.Now.AddMinutes(90));
        var signature = (await Report(StampedByRevocableUnit().File, network)).Only();
        Assert.Equal(("INDETERMINATE", "REVOKED_NO_POE"), (signature.Timestamps[0].Indication, signature.Timestamps[0].SubIndication));
        Assert.Contains(Hierarchy.Source + "issuing.crl", network.Asked);
        Assert.Null(signature.BestSignatureTime);
    }

    [Fact]
    public async Task A_newer_time_stamp_proves_that_the_token_is_older_than_the_revocation()
    {
        var file = StampedByRevocableUnit().Stamp(Hierarchy.Now.AddMinutes(80)).File;
        var signature = Signature(await Report(file, UnitRevokedAt(Hierarchy.Now.AddMinutes(90))));
        Assert.Equal(("TOTAL-PASSED", "PASSED"), (signature.Verdict(), signature.Timestamps.First(one => one.Kind == "signature-timestamp").Indication));
        var late = StampedByRevocableUnit().Stamp(Hierarchy.Now.AddMinutes(100)).File;
        Assert.Equal("REVOKED_NO_POE", Signature(await Report(late, UnitRevokedAt(Hierarchy.Now.AddMinutes(90)))).Timestamps.First(one => one.Kind == "signature-timestamp").SubIndication);
    }

    [Fact]
    public async Task The_claimed_time_of_signing_saves_no_expired_and_no_revoked_certificate()
    {
        var within = new SignatureShape { Time = Hierarchy.Now.UtcDateTime.ToString("yyyyMMddHHmmss", System.Globalization.CultureInfo.InvariantCulture) };
        var expired = (await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis"), within), hierarchy, Hierarchy.Now.AddDays(2))).Only();
        Assert.Equal(("INDETERMINATE/OUT_OF_BOUNDS_NOT_REVOKED", Validating.Text(Hierarchy.Now)), (expired.Verdict(), expired.ClaimedSigningTime));
        var at = Hierarchy.Now.AddHours(1);
        var revoked = await Validating.Report(hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("revoked"), within), hierarchy.Anchors, hierarchy.Network(at.AddSeconds(-30), revokedAt: Hierarchy.Now.AddMinutes(30)), at);
        Assert.Equal("INDETERMINATE/REVOKED_NO_POE", revoked.Only().Verdict());
    }

    [Fact]
    public async Task A_time_stamp_over_something_else_proves_nothing_of_this_signature()
    {
        // Taken from another signature, where it is good.
        var certificate = hierarchy.Pki.Certificate("liis");
        var file = HandMadePdf.Sign(HandMadePdf.Plain(), content => HandMadeCms.Sign(content, certificate, attributes => hierarchy.Pki.Sign("liis", attributes, System.Security.Cryptography.HashAlgorithmName.SHA256),
            new CmsShape(), [certificate, hierarchy.Pki.Certificate("people-ca")], certificate, value => hierarchy.StampAt([.. value.Reverse()], Hierarchy.Now)));
        var signature = (await Validating.Report(file, hierarchy.AllAnchors, hierarchy.Network(Hierarchy.Now.AddDays(2)), Hierarchy.Now.AddDays(2).AddMinutes(1))).Only();
        Assert.Equal(("INDETERMINATE/OUT_OF_BOUNDS_NOT_REVOKED", "FAILED", "HASH_FAILURE"), (signature.Verdict(), signature.Timestamps[0].Indication, signature.Timestamps[0].SubIndication));
        Assert.Null(signature.BestSignatureTime);
    }

    [Fact]
    public async Task A_document_time_stamp_over_other_bytes_proves_nothing_of_what_lies_in_the_file()
    {
        var signed = hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis"));
        var file = new ArchivedDocument(hierarchy, signed).Stamp(bytes => hierarchy.StampAt([.. bytes.Reverse()], Hierarchy.Now.AddMinutes(1))).File;
        var report = await Validating.Report(file, hierarchy.AllAnchors, hierarchy.Network(Hierarchy.Now.AddDays(2)), Hierarchy.Now.AddDays(2).AddMinutes(1));
        Assert.Equal(["INDETERMINATE/OUT_OF_BOUNDS_NOT_REVOKED", "FAILED/HASH_FAILURE"], report.Signatures.Select(one => one.Verdict()));
    }

    [Fact]
    public async Task Revocation_data_from_the_future_are_not_believed()
    {
        var file = new ArchivedDocument(hierarchy, hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis")))
            .Store(("CRLs", hierarchy.RevocationList("root-ca", Hierarchy.Now.AddHours(6))), ("CRLs", hierarchy.RevocationList("people-ca", Hierarchy.Now.AddHours(6)))).File;
        var signature = (await Validating.Report(file, hierarchy.Anchors, at: Hierarchy.Now.AddHours(5))).Only();
        Assert.Equal("INDETERMINATE/TRY_LATER", signature.Verdict());
        signature.Says("revocation-from-future");
        Assert.Equal("TOTAL-PASSED", (await Validating.Report(file, hierarchy.Anchors, at: Hierarchy.Now.AddHours(6))).Only().Verdict());
    }

    [Fact]
    public async Task Revocation_data_that_were_put_behind_the_last_time_stamp_are_as_old_as_today()
    {
        // All that the passing archive has, but nothing shows that the lists of nine years later existed before their signers ended.
        var renewed = Hierarchy.Now.AddYears(9);
        ArchivedDocument Archive() => new ArchivedDocument(hierarchy, hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("liis") with { StampedAt = Hierarchy.Now.AddMinutes(1), StampedBy = "stamps" }))
            .Store(("CRLs", hierarchy.RevocationList("root-ca", Hierarchy.Now.AddHours(1))), ("CRLs", hierarchy.RevocationList("people-ca", Hierarchy.Now.AddHours(1))))
            .Stamp(bytes => hierarchy.StampAt(bytes, Hierarchy.Now.AddHours(2), unit: "stamps"));
        (string, byte[])[] lists = [("CRLs", hierarchy.RevocationList("root-ca", renewed.AddHours(-1))), ("CRLs", hierarchy.RevocationList("people-ca", renewed.AddHours(-1)))];
        var after = Hierarchy.Now.AddYears(11);
        Assert.Equal("TOTAL-PASSED", (await Validating.Report(Archive().Store(lists).Stamp(renewed).File, hierarchy.AllAnchors, at: after)).Conclusion);
        Assert.Equal("INDETERMINATE/NO_POE", Signature(await Validating.Report(Archive().Stamp(renewed).Store(lists).File, hierarchy.AllAnchors, at: after)).Verdict());
    }

    [Fact]
    public async Task A_certificate_that_the_signature_does_not_name_by_digest_is_not_as_old_as_the_signature()
    {
        // The issuer's algorithm ends after the time-stamp: settled by it only where the signature fixes which certificate it was.
        hierarchy.Pki.Certify("rsa-ca", OpensslKey.Rsa2048, "/C=XX/CN=RSA CA", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n", null, "CertificateAuthority");
        hierarchy.Pki.Certify("by-rsa", OpensslKey.P256, "/C=XX/CN=By RSA", "keyUsage=critical,nonRepudiation\n2.5.29.56=DER:05:00\n", "rsa-ca", "PersonSignature", days: 1);
        var policy = ValidationPolicy.Default with
        {
            Algorithms = new AlgorithmSunset(new Dictionary<string, DateTimeOffset?> { ["SHA-256"] = null, ["SHA-384"] = null }, [new("ECDSA", 256, null), new("RSA", 2048, Hierarchy.Now.AddHours(1))]),
        };
        var anchors = new TrustAnchors([Certificate.Parse(hierarchy.Pki.Certificate("rsa-ca")), .. hierarchy.AllAnchors.Certificates]);
        async Task<string> Verdict(string? reference, string format, DateTimeOffset at) => (await Validating.Report(
            hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("by-rsa") with { ReferenceTo = reference, StampedAt = Hierarchy.Now.AddMinutes(1) }, new SignatureShape { SubFilter = format }),
            anchors, at: at, policy: policy)).Only().Verdict();
        Assert.Equal("TOTAL-PASSED", await Verdict("by-rsa", "ETSI.CAdES.detached", Hierarchy.Now.AddHours(2)));
        Assert.Equal("TOTAL-PASSED", await Verdict(null, "adbe.pkcs7.detached", Hierarchy.Now.AddMinutes(30)));
        Assert.Equal("INDETERMINATE/CRYPTO_CONSTRAINTS_FAILURE_NO_POE", await Verdict(null, "adbe.pkcs7.detached", Hierarchy.Now.AddHours(2)));
    }

    [Fact]
    public async Task An_anchor_that_outlived_itself_needs_a_proof_from_before()
    {
        using var shortly = new OpensslPki(Hierarchy.Now.AddHours(-1));
        shortly.Certify("brief-root", OpensslKey.P256, "/C=XX/CN=Brief root", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n", null, "CertificateAuthority", days: 1);
        shortly.Certify("outlives", OpensslKey.P256, "/C=XX/CN=Outlives its root", "keyUsage=critical,nonRepudiation\n2.5.29.56=DER:05:00\n", "brief-root", "PersonSignature", days: 30);
        var anchors = new TrustAnchors([Certificate.Parse(shortly.Certificate("brief-root")), .. hierarchy.AllAnchors.Certificates]);
        async Task<string> Verdict(DateTimeOffset? stamped, DateTimeOffset at)
        {
            var certificate = shortly.Certificate("outlives");
            var file = HandMadePdf.Sign(HandMadePdf.Plain(), content => HandMadeCms.Sign(content, certificate, attributes => shortly.Sign("outlives", attributes, System.Security.Cryptography.HashAlgorithmName.SHA256),
                new CmsShape(), [certificate], certificate, stamped is { } time ? value => hierarchy.StampAt(value, time) : null));
            return (await Validating.Report(file, anchors, at: at)).Only().Verdict();
        }
        Assert.Equal("TOTAL-PASSED", await Verdict(null, Hierarchy.Now.AddMinutes(1)));
        Assert.Equal("INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND_NO_POE", await Verdict(null, Hierarchy.Now.AddDays(2)));
        Assert.Equal("INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND_NO_POE", await Verdict(Hierarchy.Now.AddDays(1.5), Hierarchy.Now.AddDays(2)));
        Assert.Equal("TOTAL-PASSED", await Verdict(Hierarchy.Now.AddMinutes(1), Hierarchy.Now.AddDays(2)));
    }

    [Fact]
    public void A_responder_that_answers_a_hundred_times_is_looked_at_once()
    {
        var answer = hierarchy.Ocsp("lasting", "busy-responder", "");
        var pool = new CertificatePool(hierarchy.Anchors);
        foreach (var name in new[] { "people-ca", "busy-responder" })
            pool.Add(Certificate.Parse(hierarchy.Pki.Certificate(name)));
        var evidence = new RevocationEvidence(pool);
        Assert.True(evidence.AddOcsp(answer, RevocationOrigin.SecurityStore));
        Assert.True(evidence.AddCrl(hierarchy.RevocationList("people-ca", Hierarchy.Now.AddMinutes(-30)), RevocationOrigin.SecurityStore));
        var at = Hierarchy.Now.AddMinutes(1);
        var checking = new RevocationChecking(evidence, pool, new RevocationTimes(at, at, ValidationPolicy.Default));
        var path = new CertificatePath([.. new[] { "lasting", "people-ca", "root-ca" }.Select(name => Certificate.Parse(hierarchy.Pki.Certificate(name)))]);
        // More often than signers are looked at in one validation: without memory the answer would be passed over from then on.
        for (var i = 0; i < ValidationCaps.RevocationSigners + 1; i++)
            Assert.Equal((RevocationAnswer.Good, "OCSP"), (checking.Of(path, 0).Answer, checking.Of(path, 0).Kind));
    }
}

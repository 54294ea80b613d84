using Identity.Pkix.X509;
using Identity.TestKit.Pki;
using Identity.Verification.Policy;
using Identity.Verification.Revocation;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.Trust;

namespace Identity.Verification.Tests.Trust;

/// <summary>Certificates and lists made to cost much: each limit at its cap and one past it.</summary>
public sealed class HostileChains(Hierarchy hierarchy)
{
    private Certificate this[string name] => Certificate.Parse(hierarchy.Pki.Certificate(name));

    private void Authority(string name, string subject, string? issuer) =>
        hierarchy.Pki.Certify(name, OpensslKey.P256, subject, "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n", issuer, "CertificateAuthority");

    [Fact]
    public void A_path_at_the_cap_is_found_and_one_certificate_more_is_not()
    {
        var pool = new CertificatePool(hierarchy.Anchors);
        var above = "root-ca";
        for (var i = 1; i < ValidationCaps.PathLength; i++)
        {
            Authority($"step{i}", $"/C=XX/CN=Step {i}", above);
            pool.Add(this[above = $"step{i}"]);
        }
        Assert.Equal(ValidationCaps.PathLength, Assert.Single(PathBuilding.Build(this[above], CertificatePurpose.Signature, pool)).Certificates.Count);
        Authority("step-too-far", "/C=XX/CN=Step too far", above);
        pool.Add(this["step-too-far"]);
        Assert.Empty(PathBuilding.Build(this["step-too-far"], CertificatePurpose.Signature, pool));
    }

    [Fact]
    public void Authorities_that_certify_each_other_end_and_the_paths_that_are_tried_are_few()
    {
        // Twelve certificates of one name and key between leaf and anchor: each could be followed by each.
        var pool = new CertificatePool(hierarchy.Anchors);
        for (var i = 0; i < 12; i++)
        {
            Authority($"twin{i}", "/C=XX/CN=Twin", "root-ca");
            pool.Add(this[$"twin{i}"]);
        }
        for (var i = 0; i < 12; i++)
        {
            hierarchy.Pki.Certify($"cross{i}", OpensslKey.P256, "/C=XX/CN=Twin", "basicConstraints=critical,CA:TRUE\n", $"twin{(i + 1) % 12}", "CertificateAuthority");
            pool.Add(this[$"cross{i}"]);
        }
        hierarchy.Pki.Certify("twins-leaf", OpensslKey.P256, "/C=XX/CN=Leaf of twins", "keyUsage=critical,nonRepudiation\n", "cross3", "PersonSignature", days: 1);
        Assert.InRange(PathBuilding.Build(this["twins-leaf"], CertificatePurpose.Signature, pool).Count, 1, PathBuilding.MostPaths);
    }

    [Fact]
    public void Evidence_at_the_cap_is_kept_and_one_more_is_left_aside()
    {
        var evidence = new RevocationEvidence(new CertificatePool(hierarchy.Anchors));
        var list = hierarchy.RevocationList("root-ca", Hierarchy.Now);
        for (var i = 0; i < ValidationCaps.RevocationEvidence; i++)
            Assert.True(evidence.AddCrl(Different(list, i), RevocationOrigin.SecurityStore));
        Assert.False(evidence.AddCrl(Different(list, ValidationCaps.RevocationEvidence), RevocationOrigin.SecurityStore));
        Assert.Equal((ValidationCaps.RevocationEvidence, 1), (evidence.Count, evidence.LeftAside));
        // What was asked for is heard all the same: a document must not decide that it is not.
        Assert.True(evidence.AddCrl(Different(list, ValidationCaps.RevocationEvidence + 1), RevocationOrigin.Fetched));
    }

    [Fact]
    public void Lists_beyond_the_bytes_that_a_validation_reads_are_left_aside()
    {
        var evidence = new RevocationEvidence(new CertificatePool(hierarchy.Anchors));
        Assert.False(evidence.AddCrl(new byte[ValidationCaps.RevocationBytes + 1], RevocationOrigin.SecurityStore));
        Assert.False(evidence.AddCrl(new byte[ValidationCaps.RevocationBytes], RevocationOrigin.SecurityStore));
        // The first was not counted, the second was, so that nothing fits any more.
        Assert.False(evidence.AddCrl(hierarchy.RevocationList("root-ca", Hierarchy.Now), RevocationOrigin.SecurityStore));
    }

    [Fact]
    public void A_revocation_list_of_a_stranger_with_the_issuers_name_is_not_believed()
    {
        // Same name, another root: its path does not lead to the anchor of the certificate in question (RFC 5280 6.3.3 (f)).
        using var others = new OpensslPki(Hierarchy.Now.AddHours(-1));
        others.Certify("people-ca", OpensslKey.P256, "/C=XX/O=Identity Test/CN=issuing CA", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n", "root-ca", "CertificateAuthority");
        var anchors = new TrustAnchors([.. hierarchy.Anchors.Certificates, Certificate.Parse(others.Certificate("root-ca"))]);
        var pool = new CertificatePool(anchors);
        pool.Add(this["people-ca"]);
        pool.Add(Certificate.Parse(others.Certificate("people-ca")));
        var evidence = new RevocationEvidence(pool);
        Assert.True(evidence.AddCrl(others.RevocationList("people-ca"), RevocationOrigin.SecurityStore));
        var checking = new RevocationChecking(evidence, pool, new RevocationTimes(Hierarchy.Now.AddMinutes(1), Hierarchy.Now.AddMinutes(1), ValidationPolicy.Default));
        var status = checking.Of(new CertificatePath([this["liis"], this["people-ca"], this["root-ca"]]), 0);
        Assert.Equal((RevocationAnswer.Unknown, "crl-issuer-not-trusted"), (status.Answer, Assert.Single(status.Remarks).Key));
    }

    [Fact]
    public async Task A_responder_that_was_revoked_is_not_believed()
    {
        const string responder = "revocable-responder";
        var answer = hierarchy.Ocsp("lasting", responder, "");
        var file = new Tests.Engine.ArchivedDocument(hierarchy, hierarchy.Sign(HandMadePdf.Plain(), CmsShape.By("lasting"))).Store(("OCSPs", answer)).File;
        var at = Hierarchy.Now.AddMinutes(5);
        RevocationNetwork Network(bool revoked) => new(new()
        {
            [Hierarchy.Source + "root.crl"] = hierarchy.RevocationList("root-ca", at.AddMinutes(-1)),
            [Hierarchy.Source + "issuing.crl"] = hierarchy.RevocationList("people-ca", Hierarchy.Now.AddMinutes(-30), revoked: revoked ? (responder, Hierarchy.Now.AddMinutes(-40)) : null),
        });
        async Task<string?> Kind(bool revoked) => (await Validating.Report(file, hierarchy.AllAnchors, Network(revoked), at)).Only().Certificates[0].Revocation!.Kind;
        // The answer is newer than the list, and counts as long as its signer does.
        Assert.Equal(("OCSP", "CRL"), (await Kind(revoked: false), await Kind(revoked: true)));
    }

    private static byte[] Different(byte[] list, int number)
    {
        // The last bytes are the signature's: another value, another list.
        var copy = list.ToArray();
        copy[^1] = (byte)number;
        copy[^2] = (byte)(number >> 8);
        return copy;
    }
}

using Identity.Pkix.Crl;
using Identity.Pkix.Ocsp;
using Identity.Pkix.Signatures;
using Identity.Pkix.Status;
using Identity.Pkix.X509;

namespace Identity.Pkix.Tests.Status;

public sealed class StatusReadingTests(OpensslHierarchy hierarchy)
{
    private static readonly DateTimeOffset Now = OpensslHierarchy.Now;

    [Fact]
    public void An_answer_of_openssl_is_relied_on()
    {
        var pki = hierarchy.Pki;
        pki.Openssl("ocsp", "-issuer", pki.CertificatePath("issuing-ca"), "-cert", pki.CertificatePath("person"), "-no_nonce", "-reqout", pki.PathOf("status.request"));
        var answer = Read(OcspResponse.Parse(pki.AnswerOcsp(File.ReadAllBytes(pki.PathOf("status.request")))).Basic!);
        Assert.IsType<CertificateStatus.Good>(Assert.IsType<StatusReading.Answer>(answer).Status);
        Assert.Equal(hierarchy["ocsp"], ((StatusReading.Answer)answer).Signer);
    }

    [Fact]
    public void A_list_of_openssl_is_relied_on()
    {
        var list = CertificateRevocationList.Parse(hierarchy.Pki.RevocationList("issuing-ca"));
        Assert.IsType<CertificateStatus.Good>(Assert.IsType<StatusReading.Answer>(StatusReading.Of(list, hierarchy["person"], hierarchy.Issuing)).Status);
        Assert.Equal(StatusDefect.OtherCertificate, Defect(StatusReading.Of(list, hierarchy.Issuing, hierarchy.Root)));
    }

    public static TheoryData<string, StatusDefect> Answers => new()
    {
        { "another serial", StatusDefect.OtherCertificate },
        { "another issuer", StatusDefect.OtherCertificate },
        { "signed by the time-stamping unit", StatusDefect.SignerNotAuthorized },
        { "signed by the person", StatusDefect.SignerNotAuthorized },
        { "signature changed", StatusDefect.SignatureInvalid },
        { "made before the responder", StatusDefect.SignerOutOfValidity },
        { "from before the certificate", StatusDefect.OutsideValidity },
        { "from after its end", StatusDefect.OutsideValidity },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void An_answer_that_is_not_to_be_relied_on_is_named(string what, StatusDefect defect)
    {
        var person = hierarchy["person"];
        var issuer = what == "another issuer" ? hierarchy.Root : hierarchy.Issuing;
        var serial = what == "another serial" ? person.SerialNumber + 1 : person.SerialNumber;
        var signer = what switch { "signed by the time-stamping unit" => "tsa", "signed by the person" => "person", _ => "ocsp" };
        var thisUpdate = what switch
        {
            "from before the certificate" => person.NotBefore.AddSeconds(-1), "from after its end" => person.NotAfter.AddSeconds(1), _ => Now,
        };
        var producedAt = what == "made before the responder" ? hierarchy["ocsp"].NotBefore.AddSeconds(-1) : Now;
        var basic = Answer(CertificateId.For(issuer, serial), signer, thisUpdate, producedAt);
        if (what == "signature changed")
        {
            var raw = basic.Raw.ToArray();
            raw[raw.AsSpan().IndexOf(basic.SignatureValue.Span) + basic.SignatureValue.Length - 1] ^= 1;
            basic = BasicOcspResponse.Parse(raw);
        }
        Assert.Equal(defect, Defect(Read(basic)));
    }

    [Fact]
    public void After_the_end_only_an_archive_cutoff_before_it_speaks()
    {
        var person = hierarchy["person"];
        StatusReading At(DateTimeOffset cutoff) => Read(Answer(CertificateId.For(hierarchy.Issuing, person.SerialNumber), "ocsp", person.NotAfter.AddSeconds(1), Now, cutoff));
        Assert.IsType<StatusReading.Answer>(At(person.NotAfter));
        Assert.Equal(StatusDefect.OutsideValidity, Defect(At(person.NotAfter.AddSeconds(1))));
    }

    public static TheoryData<string, StatusDefect> Lists => new()
    {
        { "of another authority", StatusDefect.OtherCertificate },
        { "of another place", StatusDefect.OtherCertificate },
        { "signed by another key", StatusDefect.SignatureInvalid },
        { "from before the certificate", StatusDefect.OutsideValidity },
    };

    [Theory]
    [MemberData(nameof(Lists))]
    public void A_list_that_is_not_to_be_relied_on_is_named(string what, StatusDefect defect)
    {
        var issuer = what == "of another authority" ? hierarchy.Root : hierarchy.Issuing;
        var thisUpdate = what == "from before the certificate" ? hierarchy["person"].NotBefore.AddSeconds(-1) : Now;
        var content = new CrlContent(issuer, 3, thisUpdate, Now.AddDays(1), []) { DistributionPointUri = what == "of another place" ? "http://localhost/other.crl" : null };
        var key = what switch { "of another authority" => "root-ca", "signed by another key" => "tsa", _ => "issuing-ca" };
        var algorithm = key == "root-ca" ? SignatureAlgorithm.EcdsaSha384 : SignatureAlgorithm.EcdsaSha256;
        var list = CertificateRevocationList.Parse(hierarchy.Finish(CrlBuilder.Build(content, algorithm), key));
        Assert.Equal(defect, Defect(StatusReading.Of(list, hierarchy["person"], hierarchy.Issuing)));
    }

    [Theory]
    [InlineData(RevocationReason.KeyCompromise, true)]
    [InlineData(RevocationReason.CertificateHold, true)]
    [InlineData(RevocationReason.RemoveFromCrl, false)]
    public void A_list_that_names_the_certificate_says_so(RevocationReason reason, bool revoked)
    {
        var content = new CrlContent(hierarchy.Issuing, 3, Now, Now.AddDays(1), [new RevokedCertificate(hierarchy["person"].SerialNumber, Now, reason)]);
        var list = CertificateRevocationList.Parse(hierarchy.Finish(CrlBuilder.Build(content, SignatureAlgorithm.EcdsaSha256), "issuing-ca"));
        var answer = Assert.IsType<StatusReading.Answer>(StatusReading.Of(list, hierarchy["person"], hierarchy.Issuing));
        Assert.Equal(revoked, answer.Status is CertificateStatus.Revoked);
    }

    private StatusReading Read(BasicOcspResponse response) => StatusReading.Of(response, hierarchy["person"], hierarchy.Issuing);

    private static StatusDefect Defect(StatusReading reading) => Assert.IsType<StatusReading.Unusable>(reading).Defect;

    private BasicOcspResponse Answer(CertificateId id, string signer, DateTimeOffset thisUpdate, DateTimeOffset producedAt, DateTimeOffset? cutoff = null)
    {
        var single = new SingleOcspResponse(id, new CertificateStatus.Good(), thisUpdate, null) { ArchiveCutoff = cutoff };
        return OcspResponse.Parse(hierarchy.Finish(
            OcspResponseBuilder.Build(new OcspResponseContent(hierarchy[signer], producedAt, [single], null), SignatureAlgorithm.EcdsaSha256), signer)).Basic!;
    }
}

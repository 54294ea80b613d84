using Identity.Pkix.X509;
using Identity.TestKit.Pki;
using Identity.Verification.Reports;

namespace Identity.Verification.Tests.Trust;

public sealed class SignerKindTests
{
    // EN 319 412-5 4.2.3: qcStatements with QcType esign, eseal; both.
    private const string Sign = "30153013060604008e4601063009060704008e46010601";
    private const string Seal = "30153013060604008e4601063009060704008e46010602";
    private const string Both = "301e301c060604008e4601063012060704008e46010601060704008e46010602";

    [Theory]
    [InlineData("/C=XX/CN=Liis Tamm/GN=Liis/SN=Tamm", "", "person")]
    [InlineData("/C=XX/O=Registry/organizationIdentifier=NTRXX-7/CN=Seal", "", "organisation")]
    [InlineData("/C=XX/CN=Somebody", "", null)]
    [InlineData("/C=XX/O=Registry/CN=No identifier", "", null)]
    [InlineData("/C=XX/O=Registry/organizationIdentifier=NTRXX-7/GN=Liis/SN=Tamm/CN=An employee", "", null)]
    [InlineData("/C=XX/O=Registry/organizationIdentifier=NTRXX-7/GN=Liis/SN=Tamm/CN=An employee", Sign, "person")]
    [InlineData("/C=XX/CN=Pseudonym", Sign, "person")]
    [InlineData("/C=XX/CN=Liis Tamm/GN=Liis/SN=Tamm", Seal, "organisation")]
    [InlineData("/C=XX/CN=Liis Tamm/GN=Liis/SN=Tamm", Both, "person")]
    [InlineData("/C=XX/O=Registry/organizationIdentifier=NTRXX-7/CN=Seal", "0500", "organisation")]
    public void A_certificate_tells_whether_it_is_a_persons_or_an_organisations(string subject, string statements, string? expected)
    {
        using var pki = new OpensslPki();
        var extension = statements.Length == 0 ? "" : $"1.3.6.1.5.5.7.1.3=DER:{statements}\n";
        pki.Certify("signer", OpensslKey.P256, subject, "basicConstraints=critical,CA:FALSE\n" + extension, "issuing-ca", "Seal");
        Assert.Equal(expected, SignerKind.Of(Certificate.Parse(pki.Certificate("signer"))));
    }
}

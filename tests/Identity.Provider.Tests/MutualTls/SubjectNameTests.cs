using System.Security.Cryptography.X509Certificates;

namespace Identity.Provider.MutualTls;

/// <summary>RFC 4514 texts against names that the framework encoded.</summary>
public sealed class SubjectNameTests
{
    private static X500DistinguishedName Name()
    {
        // The builder encodes in the reverse order: country first.
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName("Agency  One");
        name.Add("2.5.4.97", "NTRXX-123");
        name.AddOrganizationName("Tax, Land & \"More\" Õigus");
        name.AddCountryOrRegion("XX");
        return name.Build();
    }

    [Theory]
    [InlineData("CN=Agency  One,organizationIdentifier=NTRXX-123,O=Tax\\, Land & \\\"More\\\" Õigus,C=XX")]
    [InlineData("cn=Agency  One, 2.5.4.97=NTRXX-123, o=Tax\\2C Land & \\22More\\22 \\C3\\95igus, c=XX")]
    public void Is_the_same_in_its_spellings(string text) => Assert.True(SubjectName.Is(Name(), text));

    [Theory]
    [InlineData("C=XX,O=Tax\\, Land & \\\"More\\\" Õigus,organizationIdentifier=NTRXX-123,CN=Agency  One")]
    [InlineData("CN=agency  one,organizationIdentifier=NTRXX-123,O=Tax\\, Land & \\\"More\\\" Õigus,C=XX")]
    [InlineData("CN=Agency One,organizationIdentifier=NTRXX-123,O=Tax\\, Land & \\\"More\\\" Õigus,C=XX")]
    [InlineData("CN=Agency  One,O=Tax\\, Land & \\\"More\\\" Õigus,C=XX")]
    [InlineData("CN=Agency  One")]
    [InlineData("CN=Agency  One,organizationIdentifier=NTRXX-123,O=Tax\\, Land & \\\"More\\\" Õigus,C=XX,C=XX")]
    public void Is_another_when_anything_differs(string text) => Assert.False(SubjectName.Is(Name(), text));

    [Theory]
    [InlineData("")]
    [InlineData("CN")]
    [InlineData("CN=")]
    [InlineData("=x")]
    [InlineData("CN=a,")]
    [InlineData("CN=a+OU=b")]
    [InlineData("CN=\"a\"")]
    [InlineData("CN=a\\")]
    [InlineData("CN=a\\q")]
    [InlineData("CN=#0403616263")]
    [InlineData("NICKNAME=a")]
    [InlineData("1=a")]
    [InlineData("C=1,C=2,C=3,C=4,C=5,C=6,C=7,C=8,C=9,C=10,C=11,C=12,C=13,C=14,C=15,C=16,C=17")]
    public void What_is_no_such_text_is_none(string text) => Assert.Null(SubjectName.Parse(text));

    // Octets by hand: C=XX, then CN=a. RFC 4514 2.1 writes the last first.
    [Fact]
    public void Is_written_from_the_last_to_the_first()
    {
        var encoded = new X500DistinguishedName(Convert.FromHexString("3019310B3009060355040613025858310A300806035504030C0161"));
        Assert.True(SubjectName.Is(encoded, "CN=a,C=XX"));
        Assert.False(SubjectName.Is(encoded, "C=XX,CN=a"));
    }

    [Fact]
    public void Sixteen_attributes_are_read() => Assert.Equal(16, SubjectName.Parse(string.Join(',', Enumerable.Range(1, 16).Select(number => $"C={number}")))!.Count);

    [Fact]
    public void A_multi_valued_attribute_of_a_certificate_is_no_subject_of_anybody() =>
        Assert.False(SubjectName.Is(new X500DistinguishedName(Convert.FromHexString("301A3118300806035504030C0161300C060355040A0C05622C433D63")), "CN=a"));
}

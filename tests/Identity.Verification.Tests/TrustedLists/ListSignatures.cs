using System.Security.Cryptography.Xml;
using System.Text;
using System.Xml;
using Identity.Pkix.X509;
using Identity.TestKit.Pki;
using Identity.Verification.Tests.Fixtures;
using Identity.Verification.TrustedLists;

namespace Identity.Verification.Tests.TrustedLists;

/// <summary>By whom and how lists are signed: every accepted method, and what forgers do to signed XML.</summary>
public sealed class ListSignatures : IDisposable
{
    private const string More = "http://www.w3.org/2001/04/xmldsig-more#";
    private const string Pss = "http://www.w3.org/2007/05/xmldsig-more#";
    private const string NotSigned = "trusted list not signed by whom the list of lists names";
    private readonly Hierarchy hierarchy;
    private readonly string folder = Directory.CreateTempSubdirectory("identity-signatures-").FullName;

    public ListSignatures(Hierarchy hierarchy)
    {
        this.hierarchy = hierarchy;
        if (File.Exists(hierarchy.Pki.CertificatePath("list-ed25519")))
            return;
        foreach (var (name, key) in new[] { ("list-rsa", OpensslKey.Rsa2048), ("list-rsa2", OpensslKey.Rsa2048), ("list-p256", OpensslKey.P256), ("list-p384", OpensslKey.P384), ("list-p521", OpensslKey.P521), ("list-ed25519", OpensslKey.Ed25519) })
            hierarchy.Pki.Certify(name, key, $"/C=XX/CN={name}", "keyUsage=critical,digitalSignature\n", null, "ListSigner");
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Key(string signer) => File.ReadAllText(hierarchy.Pki.KeyPath(signer));

    private string National() => HandMadeList.Of("XX", Hierarchy.Now.AddDays(-1),
        HandMadeList.Service(hierarchy.Pki.Certificate("people-ca"), "ForeSignatures", (HandMadeList.Granted, Hierarchy.Now.AddYears(-5))));

    /// <param name="national">The file of the national list, signed or not.</param>
    private TrustedServices Read(string national, string named = "list-rsa", string territory = "XX")
    {
        var central = HandMadeList.Of("EU", Hierarchy.Now.AddDays(-1), HandMadeList.Pointer(territory, hierarchy.Pki.Certificate(named)), central: true);
        File.WriteAllText(Path.Combine(folder, "eu.xml"), HandMadeList.Sign(central, Key("list-rsa")));
        File.WriteAllText(Path.Combine(folder, "xx.xml"), national);
        return TrustedServices.FromDirectory(folder, [Certificate.Parse(hierarchy.Pki.Certificate("list-rsa"))], Hierarchy.Now);
    }

    private string Refusal(string national, string named = "list-rsa", string territory = "XX") =>
        Assert.Throws<TrustedListException>(() => Read(national, named, territory)).Message.Split(':')[0];

    [Theory]
    [InlineData("list-p256", More + "ecdsa-sha256")]
    [InlineData("list-p384", More + "ecdsa-sha384")]
    [InlineData("list-p521", More + "ecdsa-sha512")]
    [InlineData("list-p256", More + "ecdsa-sha512")]
    [InlineData("list-rsa", Pss + "sha256-rsa-MGF1")]
    [InlineData("list-rsa", Pss + "sha384-rsa-MGF1")]
    [InlineData("list-rsa", Pss + "sha512-rsa-MGF1")]
    [InlineData("list-rsa", SignedXml.XmlDsigRSASHA256Url)]
    public void A_list_is_accepted_by_its_named_signer_only(string signer, string method)
    {
        var signed = HandMadeList.Sign(National(), Key(signer), method: method);
        Assert.Single(Read(signed, signer).Services);
        // Another key of the same kind, another kind of key, one changed letter.
        Assert.Equal(NotSigned, Refusal(signed, signer == "list-rsa" ? "list-rsa2" : signer == "list-p256" ? "list-p384" : "list-p256"));
        Assert.Equal(NotSigned, Refusal(signed, signer == "list-rsa" ? "list-p256" : "list-rsa"));
        Assert.Equal(NotSigned, Refusal(signed.Replace(">Provider<", ">provider<", StringComparison.Ordinal), signer));
    }

    [Theory]
    [InlineData(More + "ecdsa-sha256", More + "ecdsa-sha1")]
    [InlineData(More + "ecdsa-sha256", More + "hmac-sha256")]
    [InlineData(More + "ecdsa-sha256", More + "rsa-sha256")]
    [InlineData(More + "ecdsa-sha256", Pss + "sha256-rsa-MGF1")]
    [InlineData(More + "ecdsa-sha256", "http://www.w3.org/2000/09/xmldsig#rsa-sha1")]
    [InlineData(More + "ecdsa-sha256", "urn:unknown")]
    public void A_method_that_is_exchanged_afterwards_is_refused(string method, string other) =>
        Assert.Equal(NotSigned, Refusal(HandMadeList.Sign(National(), Key("list-p256"), method: method).Replace(method, other, StringComparison.Ordinal), "list-p256"));

    [Fact]
    public void A_key_that_is_no_signer_of_lists_by_its_kind_is_refused() =>
        Assert.Equal(NotSigned, Refusal(HandMadeList.Sign(National(), Key("list-p256"), method: More + "ecdsa-sha256"), "list-ed25519"));

    [Fact]
    public void A_list_of_lists_that_points_to_another_signer_or_territory_makes_the_list_refused()
    {
        var signed = HandMadeList.Sign(National(), Key("list-rsa"));
        Assert.Equal(NotSigned, Refusal(signed, named: "list-rsa2"));
        Assert.Equal(NotSigned, Refusal(signed, territory: "YY"));
    }

    [Fact]
    public void A_signed_list_inside_another_document_is_not_that_document()
    {
        // XML signature wrapping: what is signed stays, and verifies, where nobody reads it.
        var signed = HandMadeList.Sign(National(), Key("list-rsa"));
        var signature = signed[signed.IndexOf("<Signature", StringComparison.Ordinal)..signed.IndexOf("</TrustServiceStatusList>", StringComparison.Ordinal)];
        var evil = National().Replace(">Provider<", ">Evil<", StringComparison.Ordinal);
        string With(string content) => evil.Replace("</TrustServiceStatusList>", content + "</TrustServiceStatusList>", StringComparison.Ordinal);
        Assert.Equal(NotSigned, Refusal(With(signature)));
        Assert.Equal(NotSigned, Refusal(With(signed)));
        Assert.Equal(NotSigned, Refusal(With(signed + signature)));
        Assert.Equal(NotSigned, Refusal(With("<Extension>" + signed + "</Extension>" + signature)));
        // A signature over the wrapped part by its Id, and over nothing at all.
        var part = National().Replace("<TrustServiceStatusList ", "<TrustServiceStatusList Id=\"kept\" ", StringComparison.Ordinal);
        var byId = HandMadeList.Sign(part, Key("list-rsa"), uri: "#kept");
        Assert.Equal(NotSigned, Refusal(byId));
        var idSignature = byId[byId.IndexOf("<Signature", StringComparison.Ordinal)..byId.IndexOf("</TrustServiceStatusList>", StringComparison.Ordinal)];
        Assert.Equal(NotSigned, Refusal(With("<Extension>" + part + "</Extension>" + idSignature)));
        Assert.Equal(NotSigned, Refusal(With("<Object xmlns=\"http://www.w3.org/2000/09/xmldsig#\">" + signature + "</Object>")));
    }

    public static TheoryData<string> OtherTransforms => ["xpath", "xslt", "comments", "inclusive-comments"];

    [Theory]
    [MemberData(nameof(OtherTransforms))]
    public void A_transform_that_could_leave_something_out_is_refused(string name)
    {
        Transform transform;
        switch (name)
        {
            case "xpath":
                var expression = new XmlDocument();
                expression.LoadXml("<XPath xmlns:t=\"http://uri.etsi.org/02231/v2#\">not(ancestor-or-self::t:TrustServiceProviderList)</XPath>");
                transform = new XmlDsigXPathTransform();
                transform.LoadInnerXml(expression.ChildNodes);
                break;
            case "xslt":
                var sheet = new XmlDocument();
                sheet.LoadXml("<xsl:stylesheet version=\"1.0\" xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\"><xsl:template match=\"/\"><a/></xsl:template></xsl:stylesheet>");
                transform = new XmlDsigXsltTransform();
                transform.LoadInnerXml(sheet.ChildNodes);
                break;
            case "comments":
                transform = new XmlDsigExcC14NWithCommentsTransform();
                break;
            default:
                transform = new XmlDsigC14NWithCommentsTransform();
                break;
        }
        Assert.Equal(NotSigned, Refusal(HandMadeList.Sign(National(), Key("list-rsa"), transform: transform)));
    }

    [Fact]
    public void Entities_and_document_types_are_refused_before_anything_is_expanded()
    {
        var bomb = new StringBuilder("<!DOCTYPE l [<!ENTITY e0 \"boom\">");
        for (var i = 1; i < 20; i++)
            bomb.Append("<!ENTITY e").Append(i).Append(" \"").Append(string.Concat(Enumerable.Repeat($"&e{i - 1};", 10))).Append("\">");
        var signed = HandMadeList.Sign(National(), Key("list-rsa"));
        Assert.Equal("trusted list cannot be read", Refusal(bomb + "]>" + signed.Replace(">Provider<", ">&e19;<", StringComparison.Ordinal)));
        Assert.Equal("trusted list cannot be read", Refusal("<!DOCTYPE l SYSTEM \"http://127.0.0.1:1/x.dtd\">" + signed));
        Assert.Equal("trusted list cannot be read", Refusal("<!DOCTYPE l [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>" + signed.Replace(">Provider<", ">&x;<", StringComparison.Ordinal)));
        Assert.Equal("trusted list cannot be read", Refusal("<!DOCTYPE l [<!ATTLIST TrustServiceProviderList Id ID #FIXED \"kept\">]>" + signed));
    }

    [Fact]
    public void Comments_and_instructions_do_not_change_what_is_read()
    {
        // Left out of the canonical form, so they can be put in: what is read is the text around them, as it was signed.
        var signed = HandMadeList.Sign(National(), Key("list-rsa")).Replace(">Provider<", ">Pro<!-- x -->vider<", StringComparison.Ordinal);
        Assert.Equal("Provider", Assert.Single(Read(signed).Services).Provider);
        Assert.Equal(NotSigned, Refusal(signed.Replace("<!-- x -->", "<?x y?>", StringComparison.Ordinal)));
    }
}

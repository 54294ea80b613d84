using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Identity.Pkix.X509;
using Identity.TestKit.Pki;
using Identity.Verification.Trust;

[assembly: AssemblyFixture(typeof(Identity.Verification.Tests.Fixtures.Hierarchy))]

namespace Identity.Verification.Tests.Fixtures;

/// <summary>
/// People with certificates made by openssl, CMS written by hand, time-stamps and revocation lists made by openssl: nothing of
/// what is tested. Certificates name `http://revocation.test/` as the place of their lists.
/// </summary>
public sealed class Hierarchy : IDisposable
{
    public const string Source = "http://revocation.test/";

    /// <summary>When everything here was made; people's certificates end a day later, authorities' in ten years.</summary>
    public static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private readonly Dictionary<string, byte[]> lists = [];

    // openssl works with files of fixed names, and test classes run side by side.
    private readonly Lock turns = new();

    public Hierarchy()
    {
        Pki = new OpensslPki(Now.AddHours(-1));
        Authority("people-ca", "issuing");
        Authority("revoking-ca", "revoking");
        Pki.Certify("stamps", OpensslKey.P256, "/C=XX/CN=Time-stamps", Leaf("issuing") + "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n", "people-ca", "Timestamping");
        Person("liis", "people-ca", "issuing");
        Person("wei", "people-ca", "issuing");
        // RFC 9608: noRevAvail.
        Pki.Certify("brief", OpensslKey.P256, "/C=XX/CN=Person brief", Leaf("issuing") + "keyUsage=critical,nonRepudiation\n2.5.29.56=DER:05:00\n", "people-ca", "PersonSignature", days: 1);
        Person("revoked", "revoking-ca", "revoking");
        Pki.Certify("tls", OpensslKey.P256, "/C=XX/CN=www.example", Leaf("issuing") + "keyUsage=critical,keyAgreement\n", "people-ca", "Tls", days: 1);
        Pki.Certify("stranger", OpensslKey.P256, "/C=XX/CN=Liis Tamm", "keyUsage=critical,nonRepudiation\n", null, "PersonSignature");
        Pki.Certify("strange-stamps", OpensslKey.P256, "/C=XX/CN=Strange time-stamps", "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n", null, "Timestamping");
        Person("lasting", "people-ca", "issuing", days: 30);
        Units = new OpensslPki(Now.AddDays(-30));
        Units.Certify("lasting-root", OpensslKey.P384, "/C=XX/CN=Lasting root", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n", null, "CertificateAuthority", days: 7300);
        Units.Certify("long-stamps", OpensslKey.P256, "/C=XX/CN=Lasting time-stamps", "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n2.5.29.56=DER:05:00\n", "lasting-root", "Timestamping", days: 7300);
        Anchors = new TrustAnchors([Certificate.Parse(Pki.Certificate("root-ca"))]);
        AllAnchors = new TrustAnchors([.. Anchors.Certificates, Certificate.Parse(Units.Certificate("lasting-root"))]);
    }

    public OpensslPki Pki { get; }

    public TrustAnchors Anchors { get; }

    /// <summary>A time-stamping unit for twenty years from a month ago, under a root of its own; there is no revocation data about it.</summary>
    public OpensslPki Units { get; }

    public TrustAnchors AllAnchors { get; }

    /// <summary>A CMS with ESS signing-certificate-v2 and without signing-time, as PAdES wants it.</summary>
    public byte[] Cms(byte[] content, CmsShape? shape = null)
    {
        shape ??= new CmsShape();
        var certificate = Pki.Certificate(shape.Signer);
        var hash = shape.DigestOid == "1.3.14.3.2.26" ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256;
        if (shape.ContentStampedAt is { } stamped)
            shape = shape with { SignedAttribute = ("1.2.840.113549.1.9.16.2.20", StampAt(content, stamped)) };
        return HandMadeCms.Sign(content, certificate, attributes => Pki.Sign(shape.Signer, attributes, hash), shape,
            [certificate, .. shape.Chain.Select(Pki.Certificate)],
            shape.ReferenceTo is { } named ? Pki.Certificate(named) : null,
            shape.StampedAt is { } time ? value => StampAt(value, time, unit: shape.StampedBy) : shape.Timestamp is { } unit ? value => Timestamp(value, unit) : null);
    }

    /// <summary>A time-stamp of any time, written by hand.</summary>
    /// <param name="unit">long-stamps, or one of the people's hierarchy.</param>
    public byte[] StampAt(byte[] data, DateTimeOffset time, bool sha1 = false, string unit = "long-stamps")
    {
        var pki = unit == "long-stamps" ? Units : Pki;
        var info = HandMadeTimestamp.Info(data, time, sha1);
        var certificate = pki.Certificate(unit);
        return HandMadeCms.Sign(info, certificate, attributes => pki.Sign(unit, attributes, HashAlgorithmName.SHA256), new CmsShape { ContentType = HandMadeTimestamp.TstInfoOid, Enclosed = info },
            pki == Pki ? [certificate, Pki.Certificate("people-ca")] : [certificate], certificate, null);
    }

    /// <summary>That this certificate is good, by a delegated responder of people-ca whose certificate ends with the day.</summary>
    public byte[] OcspOfShortLivedResponder(string name) => Ocsp(name, "short-responder", "noCheck=ignored\n");

    public byte[] Ocsp(string name, string responder, string extension)
    {
        using var turn = turns.EnterScope();
        Pki.Certify(responder, OpensslKey.P256, $"/C=XX/CN={responder}", "keyUsage=critical,digitalSignature\nextendedKeyUsage=OCSPSigning\n" + extension, "people-ca", "OcspSigning", days: 1);
        var index = Pki.PathOf("status.txt");
        var certificate = Certificate.Parse(Pki.Certificate(name));
        File.WriteAllText(index, $"V\t{certificate.NotAfter.UtcDateTime.ToString("yyMMddHHmmss'Z'", CultureInfo.InvariantCulture)}\t\t{certificate.SerialHex}\tunknown\t/CN=good\n");
        Pki.Openssl("ocsp", "-issuer", Pki.CertificatePath("people-ca"), "-cert", Pki.CertificatePath(name), "-no_nonce", "-reqout", Pki.PathOf("status.req"));
        Pki.Openssl("ocsp", "-index", index, "-CA", Pki.CertificatePath("people-ca"), "-rsigner", Pki.CertificatePath(responder), "-rkey", Pki.KeyPath(responder),
            "-reqin", Pki.PathOf("status.req"), "-respout", Pki.PathOf("status.der"), "-ndays", "30");
        return File.ReadAllBytes(Pki.PathOf("status.der"));
    }

    /// <summary>A time-stamp of now over these bytes, by `openssl ts`.</summary>
    public byte[] Timestamp(byte[] data, string unit)
    {
        using var turn = turns.EnterScope();
        Pki.Write("stamped.bin", data);
        File.WriteAllText(Pki.PathOf("tsa.cnf"),
            $"[tsa]\ndefault_tsa=t\n[t]\nserial={Pki.PathOf("tsa.serial")}\ncrypto_device=builtin\nsigner_cert={Pki.CertificatePath(unit)}\nsigner_key={Pki.KeyPath(unit)}\n"
            + "signer_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256\naccuracy=secs:1\nordering=no\ntsa_name=no\ness_cert_id_chain=no\ness_cert_id_alg=sha256\n");
        Pki.Openssl("ts", "-query", "-data", Pki.PathOf("stamped.bin"), "-sha256", "-cert", "-out", Pki.PathOf("ts.req"));
        Pki.Openssl("ts", "-reply", "-config", Pki.PathOf("tsa.cnf"), "-queryfile", Pki.PathOf("ts.req"), "-token_out", "-out", Pki.PathOf("ts.token"));
        return File.ReadAllBytes(Pki.PathOf("ts.token"));
    }

    public byte[] Sign(byte[] file, CmsShape? cms = null, SignatureShape? shape = null) => HandMadePdf.Sign(file, content => Cms(content, cms), shape);

    /// <summary>A revocation list by `openssl ca -gencrl`, made at a moment and good for 30 days.</summary>
    /// <param name="coversExpired">With the extension that says that expired certificates stay on it (X.509 expiredCertsOnCRL).</param>
    /// <param name="revoked">Revoked certificate and since when.</param>
    public byte[] RevocationList(string authority, DateTimeOffset at, bool coversExpired = false, (string Name, DateTimeOffset At)? revoked = null)
    {
        using var turn = turns.EnterScope();
        var key = $"{authority} {at:O} {coversExpired} {revoked}";
        if (lists.TryGetValue(key, out var made))
            return made;
        var index = Pki.PathOf("revoked.txt");
        var line = "";
        if (revoked is { } entry)
        {
            var certificate = Certificate.Parse(Pki.Certificate(entry.Name));
            line = $"R\t{Stamp(certificate.NotAfter)}\t{Stamp(entry.At)},keyCompromise\t{certificate.SerialHex}\tunknown\t/CN=revoked\n";
        }
        File.WriteAllText(index, line);
        File.WriteAllText(Pki.PathOf("crl.cnf"),
            $"[ca]\ndefault_ca=a\n[a]\ndatabase={index}\ndefault_md=sha256\ncrlnumber={Pki.PathOf("crl.number")}\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n"
            + (coversExpired ? "2.5.29.60=ASN1:GENERALIZEDTIME:20200101000000Z\n" : ""));
        File.WriteAllText(Pki.PathOf("crl.number"), "01\n");
        Pki.Openssl("ca", "-gencrl", "-config", Pki.PathOf("crl.cnf"), "-keyfile", Pki.KeyPath(authority), "-cert", Pki.CertificatePath(authority),
            "-crl_lastupdate", at.UtcDateTime.ToString("yyyyMMddHHmmss'Z'", CultureInfo.InvariantCulture),
            "-crl_nextupdate", at.UtcDateTime.AddDays(30).ToString("yyyyMMddHHmmss'Z'", CultureInfo.InvariantCulture), "-out", Pki.PathOf("list.pem"));
        Pki.Openssl("crl", "-in", Pki.PathOf("list.pem"), "-outform", "DER", "-out", Pki.PathOf("list.der"));
        return lists[key] = File.ReadAllBytes(Pki.PathOf("list.der"));

        static string Stamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyMMddHHmmss'Z'", CultureInfo.InvariantCulture);
    }

    /// <summary>The revocation lists of all authorities as of a moment, as a network would give them.</summary>
    internal RevocationNetwork Network(DateTimeOffset at, bool coversExpired = true, DateTimeOffset? revokedAt = null) => new(new()
    {
        [Source + "root.crl"] = RevocationList("root-ca", at),
        [Source + "issuing.crl"] = RevocationList("people-ca", at, coversExpired),
        [Source + "revoking.crl"] = RevocationList("revoking-ca", at, coversExpired, revokedAt is { } since ? ("revoked", since) : null),
    });

    public void Dispose()
    {
        Pki.Dispose();
        Units.Dispose();
    }

    private void Authority(string name, string list) =>
        Pki.Certify(name, OpensslKey.P256, $"/C=XX/O=Identity Test/CN={list} CA",
            $"basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\ncrlDistributionPoints=URI:{Source}root.crl\n",
            "root-ca", "CertificateAuthority");

    private void Person(string name, string authority, string list, int days = 1) =>
        Pki.Certify(name, OpensslKey.P256, $"/C=XX/CN=Person {name}/GN=Person/SN={name}/serialNumber=PNOXX-{name}",
            Leaf(list) + "keyUsage=critical,nonRepudiation\n", authority, "PersonSignature", days);

    private static string Leaf(string list) =>
        $"basicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\ncrlDistributionPoints=URI:{Source}{list}.crl\n";
}

/// <summary>How a CMS is made; the defaults are those of a sound PAdES signature by Liis without a time-stamp.</summary>
public sealed record CmsShape
{
    public string Signer { get; init; } = "liis";

    /// <summary>The certificate that the signed reference names; null for none.</summary>
    public string? ReferenceTo { get; init; } = "liis";

    /// <summary>The digest of that reference; null for SHA-256.</summary>
    public string? ReferenceDigestOid { get; init; }

    public IReadOnlyList<string> Chain { get; init; } = ["people-ca"];

    public string DigestOid { get; init; } = "2.16.840.1.101.3.4.2.1";

    /// <summary>Of content that is too large to be given; null to make it.</summary>
    public byte[]? ContentDigest { get; init; }

    /// <summary>The unit that time-stamps the signature value; null for no time-stamp.</summary>
    public string? Timestamp { get; init; }

    /// <summary>When a hand-made time-stamp says that the signature value existed; null for none.</summary>
    public DateTimeOffset? StampedAt { get; init; }

    public string StampedBy { get; init; } = "long-stamps";

    /// <summary>When a hand-made time-stamp, which is signed with the content, says that this existed; null for none.</summary>
    public DateTimeOffset? ContentStampedAt { get; init; }

    /// <summary>The signature algorithm, as the encoded AlgorithmIdentifier; null for ECDSA with the digest.</summary>
    public byte[]? Algorithm { get; init; }

    /// <summary>A further signed attribute with one value.</summary>
    public (string Oid, byte[] Value)? SignedAttribute { get; init; }

    public string ContentType { get; init; } = "1.2.840.113549.1.7.1";

    /// <summary>Content that the CMS encloses, which a detached signature has none of.</summary>
    public byte[]? Enclosed { get; init; }

    public static CmsShape By(string signer, string? timestamp = null) => new()
    {
        Signer = signer,
        ReferenceTo = signer,
        Chain = signer == "revoked" ? ["revoking-ca", "people-ca"] : ["people-ca"],
        Timestamp = timestamp,
    };
}

/// <summary>Answers requests for revocation data from memory, and remembers them.</summary>
internal sealed class RevocationNetwork(Dictionary<string, byte[]> answers) : HttpMessageHandler
{
    public List<string> Asked { get; } = [];

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var address = request.RequestUri!.AbsoluteUri;
        lock (Asked)
            Asked.Add(address);
        return Task.FromResult(answers.TryGetValue(address, out var answer)
            ? new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(answer) }
            : new HttpResponseMessage(HttpStatusCode.NotFound));
    }
}

/// <summary>A clock that stands.</summary>
internal sealed class StandingClock(DateTimeOffset now) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => now;
}

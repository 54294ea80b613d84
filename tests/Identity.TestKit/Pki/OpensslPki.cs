using System.Globalization;
using System.Security.Cryptography;

namespace Identity.TestKit.Pki;

/// <summary>Which key openssl makes.</summary>
public enum OpensslKey { P256, P384, P521, Rsa2048, Rsa3072, Ed25519 }

/// <summary>
/// A hierarchy made by openssl in a temporary folder laid out as a key ring (NAME.key.pem with its purpose, NAME.cer.pem): root (P-384) and issuing
/// authority, time-stamping unit, OCSP responder (P-256). Valid from a day ago for ten years, or from the time given.
/// </summary>
public sealed class OpensslPki : IDisposable
{
    public const string RootSubject = "/C=XX/O=Identity Test/CN=Identity Test Root CA";
    public const string IssuingSubject = "/C=XX/O=Identity Test/CN=Identity Test Issuing CA";

    private const string LeafExtensions = "basicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n";

    private readonly DateTimeOffset notBefore;
    private readonly string? statusAddress;

    // openssl keeps its index in one file, and test classes run side by side.
    private readonly Lock turns = new();

    /// <param name="statusAddress">With it, certificates name it (it ends with a slash) and `ocsp`, those of the issuing authority, and `crl/ISSUER.crl`.</param>
    public OpensslPki(DateTimeOffset? from = null, string? statusAddress = null)
    {
        this.statusAddress = statusAddress;
        notBefore = from ?? TimeProvider.System.GetUtcNow().AddDays(-1);
        Tool.Require("openssl");
        Folder = Directory.CreateTempSubdirectory("identity-pki-").FullName;
        Certify("root-ca", OpensslKey.P384, RootSubject, AuthorityExtensions(""), null, "CertificateAuthority");
        Certify("issuing-ca", OpensslKey.P256, IssuingSubject, AuthorityExtensions(",pathlen:0") + StatusOf("root-ca"), "root-ca", "CertificateAuthority");
        Certify("tsa", OpensslKey.P256, "/C=XX/O=Identity Test/CN=Identity Test TSA",
            LeafExtensions + "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n" + StatusOf("issuing-ca"), "issuing-ca", "Timestamping");
        Certify("ocsp", OpensslKey.P256, "/C=XX/O=Identity Test/CN=Identity Test OCSP",
            LeafExtensions + "keyUsage=critical,digitalSignature\nextendedKeyUsage=OCSPSigning\nnoCheck=ignored\n", "issuing-ca", "OcspResponder");
    }

    public string Folder { get; }

    /// <summary>A person's certificate as the project's profile has it: nonRepudiation only.</summary>
    public void CertifyPerson(string name, OpensslKey key, string subject = "/C=XX/CN=Liis Tamm/GN=Liis/SN=Tamm/serialNumber=PNOXX-48504210018") =>
        Certify(name, key, subject, LeafExtensions + "keyUsage=critical,nonRepudiation\n" + StatusOf("issuing-ca"), "issuing-ca", "PersonSignature");

    /// <summary>An organisation's seal as the project's profile has it; its file holds its issuer too, as a key ring wants it.</summary>
    public void CertifySeal(string name, OpensslKey key, string subject = "/C=XX/O=Land Registry/organizationIdentifier=NTRXX-70000001/CN=Land Registry Seal")
    {
        Certify(name, key, subject, LeafExtensions + "keyUsage=critical,nonRepudiation\n" + StatusOf("issuing-ca"), "issuing-ca", "Seal");
        File.AppendAllText(CertificatePath(name), File.ReadAllText(CertificatePath("issuing-ca")));
    }

    /// <summary>What openssl's responder answers to a request (DER), about certificates of the issuing authority.</summary>
    public byte[] AnswerOcsp(byte[] request, string responder = "ocsp")
    {
        using var turn = turns.EnterScope();
        Write("request.ocsp", request);
        Openssl("ocsp", "-index", PathOf("index.txt"), "-CA", CertificatePath("issuing-ca"), "-rsigner", CertificatePath(responder), "-rkey", KeyPath(responder),
            "-reqin", PathOf("request.ocsp"), "-respout", PathOf("response.ocsp"), "-nmin", "10");
        return File.ReadAllBytes(PathOf("response.ocsp"));
    }

    /// <summary>A new list of this authority, good for a day: DER. All that is revoked is on every list, whoever issued it.</summary>
    public byte[] RevocationList(string issuer)
    {
        using var turn = turns.EnterScope();
        if (!File.Exists(PathOf("crlnumber"))) File.WriteAllText(PathOf("crlnumber"), "01\n");
        File.WriteAllText(PathOf("list.cnf"),
            $"[ca]\ndefault_ca=a\n[a]\ndatabase={PathOf("index.txt")}\ncrlnumber={PathOf("crlnumber")}\ndefault_md=sha256\n[e]\nauthorityKeyIdentifier=keyid\n");
        Openssl("ca", "-gencrl", "-config", PathOf("list.cnf"), "-crlexts", "e", "-crldays", "1", "-keyfile", KeyPath(issuer), "-cert", CertificatePath(issuer), "-out", PathOf("list.pem"));
        Openssl("crl", "-in", PathOf("list.pem"), "-outform", "DER", "-out", PathOf("list.der"));
        return File.ReadAllBytes(PathOf("list.der"));
    }

    /// <summary>Makes openssl's responder know a certificate that somebody else made, or that it is revoked since now.</summary>
    public void SetStatus(string serialHex, bool revoked = false)
    {
        using var turn = turns.EnterScope();
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        string Time(DateTime time) => time.ToString("yyMMddHHmmss'Z'", CultureInfo.InvariantCulture);
        var others = File.ReadAllLines(PathOf("index.txt")).Where(line => line.Length > 0 && line.Split('\t')[3] != serialHex);
        var line = $"{(revoked ? "R" : "V")}\t{Time(now.AddDays(30))}\t{(revoked ? Time(now) : "")}\t{serialHex}\tunknown\t/CN=issued elsewhere";
        File.WriteAllLines(PathOf("index.txt"), others.Append(line));
    }

    /// <summary>Makes a key and certificate; the extensions are lines of openssl's own configuration language. Issuer null = self-signed.</summary>
    public void Certify(string name, OpensslKey key, string subject, string extensions, string? issuer, string purpose, int days = 3650)
    {
        using var turn = turns.EnterScope();
        MakeKey(name, key, purpose);
        File.WriteAllText(PathOf(name + ".ext"), extensions);
        string[] request = ["req", "-new", "-utf8", "-key", KeyPath(name), "-subj", subject, "-out", PathOf(name + ".csr"), "-config", EmptyConfiguration()];
        Openssl(request);
        var signer = issuer ?? name;
        var from = notBefore.UtcDateTime.ToString("yyyyMMddHHmmss'Z'", CultureInfo.InvariantCulture);
        var to = notBefore.UtcDateTime.AddDays(days).ToString("yyyyMMddHHmmss'Z'", CultureInfo.InvariantCulture);
        File.WriteAllText(PathOf("ca.cnf"),
            $"[ca]\ndefault_ca=a\n[a]\ndatabase={PathOf("index.txt")}\nrand_serial=yes\nnew_certs_dir={Folder}\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\n"
            + "countryName=optional\nstateOrProvinceName=optional\norganizationName=optional\ncommonName=optional\nGN=optional\nSN=optional\nserialNumber=optional\n");
        if (!File.Exists(PathOf("index.txt"))) File.WriteAllText(PathOf("index.txt"), "");
        string[] issue = ["ca", "-batch", "-notext", "-preserveDN", "-utf8", "-config", PathOf("ca.cnf"), "-in", PathOf(name + ".csr"), "-out", CertificatePath(name),
            "-startdate", from, "-enddate", to, "-extfile", PathOf(name + ".ext"), "-keyfile", KeyPath(signer),
            .. issuer is null ? new[] { "-selfsign" } : ["-cert", CertificatePath(issuer)]];
        Openssl(issue);
    }

    /// <summary>Makes a private key by openssl, with the text lines that a key ring wants before it.</summary>
    public void MakeKey(string name, OpensslKey key, string purpose)
    {
        string[] algorithm = key switch
        {
            OpensslKey.P256 => ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            OpensslKey.P384 => ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
            OpensslKey.P521 => ["EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
            OpensslKey.Rsa2048 => ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
            OpensslKey.Rsa3072 => ["RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
            _ => ["ED25519"],
        };
        var pem = Openssl(["genpkey", "-algorithm", .. algorithm]).Output;
        File.WriteAllText(KeyPath(name), $"Identity development key - never use in production\nPurpose: {purpose}\n{pem}");
    }

    public string PathOf(string file) => Path.Combine(Folder, file);

    public string KeyPath(string name) => PathOf(name + ".key.pem");

    public string CertificatePath(string name) => PathOf(name + ".cer.pem");

    /// <summary>DER of the certificate.</summary>
    public byte[] Certificate(string name)
    {
        var pem = File.ReadAllText(CertificatePath(name));
        return Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]);
    }

    /// <summary>Signs octets with the named key by the framework: ECDSA as DER SEQUENCE(r,s), RSA as asked.</summary>
    public byte[] Sign(string name, ReadOnlySpan<byte> data, HashAlgorithmName hash, RSASignaturePadding? padding = null)
    {
        var pem = File.ReadAllText(KeyPath(name));
        if (padding is not null)
        {
            using var rsa = RSA.Create();
            rsa.ImportFromPem(pem);
            return rsa.SignData(data.ToArray(), hash, padding);
        }
        using var ecdsa = ECDsa.Create();
        ecdsa.ImportFromPem(pem);
        return ecdsa.SignData(data, hash, DSASignatureFormat.Rfc3279DerSequence);
    }

    /// <summary>Runs openssl in the folder and fails the test when it fails.</summary>
    public ToolResult Openssl(params string[] arguments)
    {
        var result = Try(arguments);
        Assert.True(result.ExitCode == 0, $"openssl {string.Join(' ', arguments)}\n{result.Text}");
        return result;
    }

    /// <summary>Runs openssl in the folder, whatever comes of it.</summary>
    public ToolResult Try(params string[] arguments) => Tool.RunWith("openssl", arguments, workingDirectory: Folder);

    /// <summary>Writes a file into the folder and returns its path.</summary>
    public string Write(string file, ReadOnlySpan<byte> content)
    {
        File.WriteAllBytes(PathOf(file), content);
        return PathOf(file);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private string StatusOf(string issuer) => statusAddress is null ? ""
        : $"crlDistributionPoints=URI:{statusAddress}crl/{issuer}.crl\n" + (issuer == "issuing-ca" ? $"authorityInfoAccess=OCSP;URI:{statusAddress}ocsp\n" : "");

    private static string AuthorityExtensions(string pathLength) =>
        $"basicConstraints=critical,CA:TRUE{pathLength}\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n";

    private string EmptyConfiguration()
    {
        var path = PathOf("req.cnf");
        if (!File.Exists(path)) File.WriteAllText(path, "[req]\ndistinguished_name=dn\n[dn]\n");
        return path;
    }
}

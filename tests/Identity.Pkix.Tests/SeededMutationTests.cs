using Identity.Pkix.Asn1;
using Identity.Pkix.Cms;
using Identity.Pkix.Crl;
using Identity.Pkix.Ocsp;
using Identity.Pkix.Timestamps;
using Identity.Pkix.X509;

namespace Identity.Pkix.Tests;

/// <summary>Inputs made by openssl, changed by a generator with a fixed seed: a reader answers or throws <see cref="MalformedException"/>, nothing else.</summary>
public sealed class SeededMutationTests(OpensslHierarchy hierarchy)
{
    private const int Rounds = 3000;

    public static TheoryData<string> Kinds => ["certificate", "request", "crl", "ocsp-request", "ocsp-response", "ts-request", "ts-response", "cms"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_changed_input_is_read_or_refused_as_malformed(string kind)
    {
        var (seed, read) = Seed(kind);
        read(seed);
        var random = new Random(20261123);
        var refused = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var input = Mutate(seed, random);
            try
            {
                read(input);
            }
            catch (MalformedException)
            {
                refused++;
            }
            catch (Exception other)
            {
                Assert.Fail($"{kind}, round {round}: {other}\n{Convert.ToHexString(input)}");
            }
        }
        Assert.InRange(refused, Rounds / 10, Rounds);
    }

    private (byte[] Seed, Action<byte[]> Read) Seed(string kind)
    {
        var pki = hierarchy.Pki;
        var output = pki.PathOf("seed." + kind);
        switch (kind)
        {
            case "certificate":
                return (pki.Certificate("person-rsa"), b =>
                {
                    var certificate = Certificate.Parse(b);
                    certificate.VerifySignature(hierarchy.Issuing.PublicKey);
                    _ = certificate.Subject.ToString();
                    _ = certificate.IsSelfIssued;
                });
            case "request":
                pki.Openssl("req", "-in", pki.PathOf("person.csr"), "-outform", "DER", "-out", output);
                return (File.ReadAllBytes(output), b => CertificationRequest.Parse(b).VerifyPossession());
            case "crl":
                File.WriteAllText(pki.PathOf("seed-index.txt"), "R\t361231235959Z\t261101120000Z,keyCompromise\t0A1B\tunknown\t/CN=x\n");
                File.WriteAllText(pki.PathOf("seed-crl.cnf"), $"[ca]\ndefault_ca=a\n[a]\ndatabase={pki.PathOf("seed-index.txt")}\ndefault_md=sha256\n[e]\nauthorityKeyIdentifier=keyid\n");
                pki.Openssl("ca", "-gencrl", "-config", pki.PathOf("seed-crl.cnf"), "-crlexts", "e", "-crldays", "7", "-keyfile", pki.KeyPath("issuing-ca"), "-cert",
                    pki.CertificatePath("issuing-ca"), "-out", output + ".pem");
                pki.Openssl("crl", "-in", output + ".pem", "-outform", "DER", "-out", output);
                return (File.ReadAllBytes(output), b => CertificateRevocationList.Parse(b).VerifySignature(hierarchy.Issuing.PublicKey));
            case "ocsp-request":
                pki.Openssl("ocsp", "-issuer", pki.CertificatePath("issuing-ca"), "-cert", pki.CertificatePath("person"), "-reqout", output);
                return (File.ReadAllBytes(output), b => OcspRequest.Parse(b).Certificates[0].IsIssuedBy(hierarchy.Issuing));
            case "ocsp-response":
                File.WriteAllText(pki.PathOf("ocsp-index.txt"), "R\t361231235959Z\t261101120000Z,keyCompromise\t0A1B\tunknown\t/CN=x\n");
                pki.Openssl("ocsp", "-index", pki.PathOf("ocsp-index.txt"), "-CA", pki.CertificatePath("issuing-ca"), "-rsigner", pki.CertificatePath("ocsp"), "-rkey", pki.KeyPath("ocsp"),
                    "-issuer", pki.CertificatePath("issuing-ca"), "-serial", "0x0A1B", "-respout", output);
                return (File.ReadAllBytes(output), b => OcspResponse.Parse(b).Basic?.VerifySignature(hierarchy["ocsp"].PublicKey));
            case "ts-request":
                pki.Openssl("ts", "-query", "-data", pki.CertificatePath("person"), "-sha256", "-cert", "-out", output);
                return (File.ReadAllBytes(output), b => _ = TimestampRequest.Parse(b).Imprint.IsWellFormed);
            case "ts-response":
                pki.Openssl("ts", "-query", "-data", pki.CertificatePath("person"), "-sha256", "-cert", "-out", output + ".tsq");
                File.WriteAllText(pki.PathOf("seed-tsa.cnf"), $"[tsa]\ndefault_tsa=t\n[t]\nserial={pki.PathOf("seed-tsserial")}\nsigner_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256\naccuracy=secs:1\ntsa_name=yes\ness_cert_id_alg=sha256\n");
                File.WriteAllText(pki.PathOf("seed-tsserial"), "2B\n");
                pki.Openssl("ts", "-reply", "-config", pki.PathOf("seed-tsa.cnf"), "-queryfile", output + ".tsq", "-signer", pki.CertificatePath("tsa"), "-inkey", pki.KeyPath("tsa"), "-out", output);
                return (File.ReadAllBytes(output), b => (TimestampResponse.Parse(b) as TimestampResponse.TokenGranted)?.Token.VerifySignature(hierarchy["tsa"]));
            default:
                pki.Openssl("cms", "-sign", "-binary", "-in", pki.CertificatePath("person"), "-signer", pki.CertificatePath("person"), "-inkey", pki.KeyPath("person"), "-cades",
                    "-stream", "-outform", "DER", "-out", output);
                return (File.ReadAllBytes(output), ReadCms);
        }
    }

    private void ReadCms(byte[] input)
    {
        var signed = SignedData.Parse(input);
        signed.ReadableCertificates();
        signed.IsStrictDer();
        foreach (var signer in signed.Signers)
        {
            signer.VerifySignature(hierarchy["person"].PublicKey);
            _ = signer.SigningCertificates;
            _ = signer.SigningTime;
            _ = signer.AlgorithmProtection;
            _ = signer.RevocationArchival;
            signer.Names(hierarchy["person"]);
        }
        if (signed.Signers.Count == 1) PadesSignature.WithSignatureTimestamp(signed.Raw, new byte[] { 0x30, 0x00 });
    }

    // One to four changes: another octet, a flipped bit, octets removed, octets repeated.
    private static byte[] Mutate(byte[] seed, Random random)
    {
        var bytes = seed.ToList();
        for (var change = random.Next(1, 5); change > 0 && bytes.Count > 0; change--)
        {
            var at = random.Next(bytes.Count);
            var length = Math.Min(random.Next(1, 9), bytes.Count - at);
            switch (random.Next(4))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes.RemoveRange(at, length); break;
                default: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
            }
        }
        return [.. bytes];
    }
}

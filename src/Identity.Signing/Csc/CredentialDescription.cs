using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Identity.Keys.Activation;
using Identity.Pkix.X509;

namespace Identity.Signing.Csc;

/// <summary>Which parts of a credential are asked for (CSC API v2 11.4, 11.5).</summary>
internal sealed record CredentialParts(string Certificates, bool CertInfo, bool AuthInfo)
{
    public static CredentialParts Read(CscBody body) => new(
        body.Text("certificates", 16) switch
        {
            null or "single" => "single",
            "none" => "none",
            "chain" => "chain",
            _ => throw new CscRefusedException(CscError.Invalid("certificates")),
        },
        body.Flag("certInfo"),
        body.Flag("authInfo"));
}

/// <summary>CSC API v2 11.4, CredentialInfo: what is told of a credential.</summary>
internal static class CredentialDescription
{
    /// <summary>An advanced signature; nothing here is qualified.</summary>
    public const string SignatureQualifier = "eu_eidas_aes";

    private const string GeneralizedTime = "yyyyMMddHHmmss'Z'";

    public static JsonObject Of(RemoteCredential credential, bool isAlive, CredentialParts parts, DateTimeOffset now)
    {
        var algorithm = CredentialAlgorithm.Of(Certificate.Parse(credential.Certificate));
        var description = new JsonObject
        {
            ["signatureQualifier"] = SignatureQualifier,
            ["key"] = new JsonObject
            {
                // Enabled from the first use of its approval to its last signature.
                ["status"] = isAlive && credential.ApprovalId is not null && credential.EndedAt is null ? "enabled" : "disabled",
                ["algo"] = new JsonArray(algorithm.Oid),
                ["len"] = algorithm.Bits,
            },
            ["cert"] = CertificateOf(credential, parts, now),
            ["auth"] = new JsonObject { ["mode"] = "oauth2code" },
            ["SCAL"] = "2",
            ["multisign"] = ApprovalStructure.MaximumSignatures,
            ["lang"] = "en",
        };
        // 11.5: of ECDSA alone.
        if (algorithm.Curve is { } curve)
            description["key"]!["curve"] = curve;
        return description;
    }

    private static JsonObject CertificateOf(RemoteCredential credential, CredentialParts parts, DateTimeOffset now)
    {
        using var leaf = X509CertificateLoader.LoadCertificate(credential.Certificate);
        var told = new JsonObject { ["status"] = now >= credential.NotAfter ? "expired" : "valid" };
        if (parts.Certificates != "none")
        {
            var certificates = new JsonArray(Convert.ToBase64String(credential.Certificate));
            foreach (var issuer in parts.Certificates == "chain" ? ChainOf(credential) : [])
                certificates.Add(Convert.ToBase64String(issuer.Raw.Span));
            told["certificates"] = certificates;
        }

        if (parts.CertInfo)
        {
            told["issuerDN"] = leaf.IssuerName.Name;
            told["serialNumber"] = leaf.SerialNumber;
            told["subjectDN"] = leaf.SubjectName.Name;
            told["validFrom"] = leaf.NotBefore.ToUniversalTime().ToString(GeneralizedTime, CultureInfo.InvariantCulture);
            told["validTo"] = leaf.NotAfter.ToUniversalTime().ToString(GeneralizedTime, CultureInfo.InvariantCulture);
        }

        return told;
    }

    public static IReadOnlyList<Certificate> ChainOf(RemoteCredential credential)
    {
        var chain = new List<Certificate>();
        for (var rest = credential.Chain.AsMemory(); rest.Length > 0;)
        {
            System.Formats.Asn1.AsnDecoder.ReadSequence(rest.Span, System.Formats.Asn1.AsnEncodingRules.DER, out _, out _, out var length);
            chain.Add(Certificate.Parse(rest[..length]));
            rest = rest[length..];
        }

        return chain;
    }
}

using Identity.Keys;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Signing.Csc;

/// <summary>How keys of remote signing sign: one way for each kind of key, by SHA-256, which is what people approve. CSC API v2 names it in info, credentials/info and each call.</summary>
/// <param name="Algorithm">As CMS names it; its parameters are signAlgoParams.</param>
/// <param name="Bits">key/len.</param>
/// <param name="Curve">key/curve; null for RSA.</param>
internal sealed record CredentialAlgorithm(SignatureAlgorithm Algorithm, int Bits, string? Curve)
{
    private const int LongestIdentifier = 100;
    private const int LongestParameters = 4096;

    /// <summary>RFC 5758 3.2: without parameters.</summary>
    private static readonly CredentialAlgorithm P256 = new(SignatureAlgorithm.EcdsaSha256, 256, Oids.P256);

    /// <summary>RFC 4055 3.1: mask and salt as long as the hash.</summary>
    private static readonly CredentialAlgorithm Rsa3072 = new(SignatureAlgorithm.RsaPssSha256, 3072, null);

    public string Oid => Algorithm.Identifier.Oid;

    /// <summary>Base64 of DER; null: none.</summary>
    public string? Parameters => Algorithm.Identifier.Parameters is { IsEmpty: false } parameters ? Convert.ToBase64String(parameters.Span) : null;

    /// <summary>Of keys that are made from now on.</summary>
    public static CredentialAlgorithm Of(KeyAlgorithm peoplesKeys) => PersonKeys.OfSession(peoplesKeys) == KeyAlgorithm.Rsa3072 ? Rsa3072 : P256;

    /// <summary>Of a credential that is there.</summary>
    public static CredentialAlgorithm Of(Certificate certificate) => certificate.PublicKey.Kind == PublicKeyKind.Rsa ? Rsa3072 : P256;

    /// <summary>signAlgo and signAlgoParams of a call.</summary>
    public void Check(string? signAlgo, string? signAlgoParams)
    {
        if ((signAlgo ?? throw new CscRefusedException(CscError.MissingString("signAlgo"))) != Oid)
            throw new CscRefusedException(CscError.Invalid("signAlgo"));
        if (Parameters is null ? signAlgoParams is not null : !Means(signAlgoParams ?? throw new CscRefusedException(CscError.MissingString("signAlgoParams"))))
            throw new CscRefusedException(CscError.Invalid("signAlgoParams"));
    }

    public void Check(CscBody body) => Check(body.Text("signAlgo", LongestIdentifier), body.Text("signAlgoParams", LongestParameters));

    // Programs encode the same in several ways: what counts is what it says.
    private bool Means(string parameters) => CscBody.Base64(parameters) is { Length: > 0 } der && SignatureAlgorithm.From(new AlgorithmIdentifier(Oid, der)) is var read
        && read.Family == Algorithm.Family && read.Hash == Algorithm.Hash && (read.MaskHash ?? read.Hash) == Algorithm.Hash && read.SaltLength == Algorithm.SaltLength;
}

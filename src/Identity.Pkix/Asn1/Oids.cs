namespace Identity.Pkix.Asn1;

/// <summary>Object identifiers in dotted form, by the structure in which they occur.</summary>
public static class Oids
{
    // Digests (RFC 3370, RFC 5754, RFC 8702).
    public const string Sha1 = "1.3.14.3.2.26";
    public const string Sha224 = "2.16.840.1.101.3.4.2.4";
    public const string Sha256 = "2.16.840.1.101.3.4.2.1";
    public const string Sha384 = "2.16.840.1.101.3.4.2.2";
    public const string Sha512 = "2.16.840.1.101.3.4.2.3";
    public const string Sha3With256 = "2.16.840.1.101.3.4.2.8";
    public const string Sha3With384 = "2.16.840.1.101.3.4.2.9";
    public const string Sha3With512 = "2.16.840.1.101.3.4.2.10";

    // Digests of others, for verifying only (RFC 1321, RFC 5754, RFC 8702, RFC 8419, ISO/IEC 10118-3).
    public const string Sha512With224 = "2.16.840.1.101.3.4.2.5";
    public const string Sha512With256 = "2.16.840.1.101.3.4.2.6";
    public const string Sha3With224 = "2.16.840.1.101.3.4.2.7";
    public const string Shake128 = "2.16.840.1.101.3.4.2.11";
    public const string Shake256 = "2.16.840.1.101.3.4.2.12";
    public const string Shake256WithLength = "2.16.840.1.101.3.4.2.18";
    public const string RipeMd160 = "1.3.36.3.2.1";
    public const string Whirlpool = "1.0.10118.3.0.55";
    public const string Md5 = "1.2.840.113549.2.5";

    // Keys and signatures (RFC 3279, RFC 4055, RFC 5758, RFC 8410).
    public const string RsaEncryption = "1.2.840.113549.1.1.1";
    public const string RsaPss = "1.2.840.113549.1.1.10";
    public const string Mgf1 = "1.2.840.113549.1.1.8";
    public const string RsaSha1 = "1.2.840.113549.1.1.5";
    public const string RsaSha256 = "1.2.840.113549.1.1.11";
    public const string RsaSha384 = "1.2.840.113549.1.1.12";
    public const string RsaSha512 = "1.2.840.113549.1.1.13";
    public const string RsaSha3With256 = "2.16.840.1.101.3.4.3.14";
    public const string RsaSha3With384 = "2.16.840.1.101.3.4.3.15";
    public const string RsaSha3With512 = "2.16.840.1.101.3.4.3.16";
    public const string EcPublicKey = "1.2.840.10045.2.1";
    public const string EcdsaArc = "1.2.840.10045.4";
    public const string EcdsaSha1 = "1.2.840.10045.4.1";
    public const string EcdsaSha256 = "1.2.840.10045.4.3.2";
    public const string EcdsaSha384 = "1.2.840.10045.4.3.3";
    public const string EcdsaSha512 = "1.2.840.10045.4.3.4";
    public const string EcdsaSha3With256 = "2.16.840.1.101.3.4.3.10";
    public const string EcdsaSha3With384 = "2.16.840.1.101.3.4.3.11";
    public const string EcdsaSha3With512 = "2.16.840.1.101.3.4.3.12";
    public const string Dsa = "1.2.840.10040.4.1";
    public const string DsaSha1 = "1.2.840.10040.4.3";
    public const string DsaSha256 = "2.16.840.1.101.3.4.3.2";

    // The same with digests that are verified only (RFC 3279, RFC 4055, RFC 5758, RFC 8017, RFC 8692, FIPS 186 by NIST's arc; TeleTrusT for RIPEMD-160).
    public const string RsaMd5 = "1.2.840.113549.1.1.4";
    public const string RsaSha224 = "1.2.840.113549.1.1.14";
    public const string RsaSha512With224 = "1.2.840.113549.1.1.15";
    public const string RsaSha512With256 = "1.2.840.113549.1.1.16";
    public const string RsaSha3With224 = "2.16.840.1.101.3.4.3.13";
    public const string RsaRipeMd160 = "1.3.36.3.3.1.2";
    public const string EcdsaSha224 = "1.2.840.10045.4.3.1";
    public const string EcdsaSha3With224 = "2.16.840.1.101.3.4.3.9";
    public const string EcdsaShake128 = "1.3.6.1.5.5.7.6.32";
    public const string EcdsaShake256 = "1.3.6.1.5.5.7.6.33";
    public const string DsaSha224 = "2.16.840.1.101.3.4.3.1";
    public const string DsaSha384 = "2.16.840.1.101.3.4.3.3";
    public const string DsaSha512 = "2.16.840.1.101.3.4.3.4";

    public const string Ed25519 = "1.3.101.112";
    public const string Ed448 = "1.3.101.113";

    // FIPS 204, RFC 9881.
    public const string MlDsa44 = "2.16.840.1.101.3.4.3.17";
    public const string MlDsa65 = "2.16.840.1.101.3.4.3.18";
    public const string MlDsa87 = "2.16.840.1.101.3.4.3.19";

    public const string P256 = "1.2.840.10045.3.1.7";
    public const string P384 = "1.3.132.0.34";
    public const string P521 = "1.3.132.0.35";
    public const string BrainpoolP256r1 = "1.3.36.3.3.2.8.1.1.7";
    public const string BrainpoolP384r1 = "1.3.36.3.3.2.8.1.1.11";
    public const string BrainpoolP512r1 = "1.3.36.3.3.2.8.1.1.13";

    // Attributes of names (X.520, RFC 5280 appendix A).
    public const string CommonName = "2.5.4.3";
    public const string Surname = "2.5.4.4";
    public const string NameSerialNumber = "2.5.4.5";
    public const string Country = "2.5.4.6";
    public const string Locality = "2.5.4.7";
    public const string StateOrProvince = "2.5.4.8";
    public const string Organization = "2.5.4.10";
    public const string OrganizationalUnit = "2.5.4.11";
    public const string NameTitle = "2.5.4.12";
    public const string GivenName = "2.5.4.42";
    public const string OrganizationIdentifier = "2.5.4.97";
    public const string EmailAddress = "1.2.840.113549.1.9.1";
    public const string DomainComponent = "0.9.2342.19200300.100.1.25";

    // Certificate extensions (RFC 5280 4.2, RFC 6960 4.2.2.2.1, RFC 9608, EN 319 412-1 5.2, RFC 3739).
    public const string PrivateKeyUsagePeriod = "2.5.29.16";
    public const string SubjectKeyIdentifier = "2.5.29.14";
    public const string KeyUsage = "2.5.29.15";
    public const string SubjectAltName = "2.5.29.17";
    public const string IssuerAltName = "2.5.29.18";
    public const string BasicConstraints = "2.5.29.19";
    public const string NameConstraints = "2.5.29.30";
    public const string CrlDistributionPoints = "2.5.29.31";
    public const string CertificatePolicies = "2.5.29.32";
    public const string AnyPolicy = "2.5.29.32.0";
    public const string PolicyMappings = "2.5.29.33";
    public const string AuthorityKeyIdentifier = "2.5.29.35";
    public const string PolicyConstraints = "2.5.29.36";
    public const string ExtendedKeyUsage = "2.5.29.37";
    public const string FreshestCrl = "2.5.29.46";
    public const string InhibitAnyPolicy = "2.5.29.54";
    public const string NoRevocationAvailable = "2.5.29.56";
    public const string AuthorityInformationAccess = "1.3.6.1.5.5.7.1.1";
    public const string QualifiedStatements = "1.3.6.1.5.5.7.1.3";
    public const string OcspNoCheck = "1.3.6.1.5.5.7.48.1.5";
    public const string ValidityAssuredShortTerm = "0.4.0.194121.2.1";

    // Qualified statements (RFC 3739 3.2.6, EN 319 412-1 5.1, EN 319 412-5 4).
    public const string QualifiedSyntax = "1.3.6.1.5.5.7.11.2";
    public const string SemanticsNatural = "0.4.0.194121.1.1";
    public const string SemanticsLegal = "0.4.0.194121.1.2";
    public const string QualifiedCompliance = "0.4.0.1862.1.1";
    public const string QualifiedRetention = "0.4.0.1862.1.3";
    public const string QualifiedDevice = "0.4.0.1862.1.4";
    public const string QualifiedDisclosure = "0.4.0.1862.1.5";
    public const string QualifiedType = "0.4.0.1862.1.6";
    public const string QualifiedTypeSignature = "0.4.0.1862.1.6.1";
    public const string QualifiedTypeSeal = "0.4.0.1862.1.6.2";

    // Access methods (RFC 5280 4.2.2.1).
    public const string AccessOcsp = "1.3.6.1.5.5.7.48.1";
    public const string AccessCaIssuers = "1.3.6.1.5.5.7.48.2";

    // Extended key usages (RFC 5280 4.2.1.12, RFC 9336).
    public const string UsageAny = "2.5.29.37.0";
    public const string UsageServerAuth = "1.3.6.1.5.5.7.3.1";
    public const string UsageClientAuth = "1.3.6.1.5.5.7.3.2";
    public const string UsageEmailProtection = "1.3.6.1.5.5.7.3.4";
    public const string UsageTimeStamping = "1.3.6.1.5.5.7.3.8";
    public const string UsageOcspSigning = "1.3.6.1.5.5.7.3.9";
    public const string UsageDocumentSigning = "1.3.6.1.5.5.7.3.36";
    public const string UsageAdobeDocumentSigning = "1.2.840.113583.1.1.5";
    public const string UsageMicrosoftDocumentSigning = "1.3.6.1.4.1.311.10.3.12";

    // CRLs (RFC 5280 5.2, 5.3; X.509 for expiredCertsOnCRL).
    public const string CrlNumber = "2.5.29.20";
    public const string CrlReason = "2.5.29.21";
    public const string InvalidityDate = "2.5.29.24";
    public const string DeltaCrlIndicator = "2.5.29.27";
    public const string IssuingDistributionPoint = "2.5.29.28";
    public const string CertificateIssuer = "2.5.29.29";
    public const string ExpiredCertificatesOnCrl = "2.5.29.60";

    // OCSP (RFC 6960 4.4).
    public const string OcspBasic = "1.3.6.1.5.5.7.48.1.1";
    public const string OcspNonce = "1.3.6.1.5.5.7.48.1.2";
    public const string OcspArchiveCutoff = "1.3.6.1.5.5.7.48.1.6";
    public const string OcspExtendedRevoke = "1.3.6.1.5.5.7.48.1.9";
    public const string OcspCertificateHash = "1.3.36.8.3.13";

    // CMS, ESS, CAdES, time-stamps (RFC 5652, 5035, 6211, 5126, 3161; EN 319 122-1; ISO 32000 12.8.3.3.2).
    public const string CmsData = "1.2.840.113549.1.7.1";
    public const string CmsSignedData = "1.2.840.113549.1.7.2";
    public const string TstInfo = "1.2.840.113549.1.9.16.1.4";
    public const string ContentType = "1.2.840.113549.1.9.3";
    public const string MessageDigest = "1.2.840.113549.1.9.4";
    public const string SigningTime = "1.2.840.113549.1.9.5";
    public const string SigningCertificate = "1.2.840.113549.1.9.16.2.12";
    public const string SigningCertificateV2 = "1.2.840.113549.1.9.16.2.47";
    public const string SignatureTimestamp = "1.2.840.113549.1.9.16.2.14";
    public const string SignaturePolicy = "1.2.840.113549.1.9.16.2.15";
    public const string SignaturePolicyUri = "1.2.840.113549.1.9.16.5.1";
    public const string CommitmentType = "1.2.840.113549.1.9.16.2.16";
    public const string SignerAttributesV2 = "0.4.0.19122.1.1";
    public const string ContentTimestamp = "1.2.840.113549.1.9.16.2.20";
    public const string AlgorithmProtection = "1.2.840.113549.1.9.52";
    public const string AdobeRevocationArchival = "1.2.840.113583.1.1.8";
    public const string OtherRevocationInfoOcsp = "1.3.6.1.5.5.7.16.2";
}

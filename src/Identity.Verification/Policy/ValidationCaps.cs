namespace Identity.Verification.Policy;

/// <summary>What one validation may cost at most. A hostile file reaches a cap and gets an answer, it does not get the machine.</summary>
public static class ValidationCaps
{
    /// <summary>Certificates of one path, the anchor included.</summary>
    public const int PathLength = 10;

    /// <summary>Different certificates that a document may bring along; more are left aside.</summary>
    public const int Certificates = 200;

    /// <summary>Steps from a certificate to a possible issuer that are tried for one path search.</summary>
    public const int PathSteps = 64;

    /// <summary>Policies that one certificate of a path states or maps; the policy graph grows with their square.</summary>
    public const int PoliciesPerCertificate = 64;

    /// <summary>Comparisons of names with name constraints for one path.</summary>
    public const int NameComparisons = 10_000;

    /// <summary>Bytes of CRLs that are hashed to find out who signed them, in one validation.</summary>
    public const long CrlSignatureBytes = 256L * 1024 * 1024;

    /// <summary>Signers of revocation data whose own paths are validated in one validation.</summary>
    public const int RevocationSigners = 32;

    /// <summary>Signature checks of certificates in one validation: each costs up to 0.2 ms.</summary>
    public const int CertificateSignatureChecks = 2000;

    /// <summary>OCSP answers and CRLs that a document may bring along; more are left aside.</summary>
    public const int RevocationEvidence = 200;

    /// <summary>Bytes of all CRLs together that a document may bring along.</summary>
    public const long RevocationBytes = 32L * 1024 * 1024;

    /// <summary>Time-stamps of one signature.</summary>
    public const int TimestampsPerSignature = 16;

    /// <summary>Requests to revocation sources in one validation.</summary>
    public const int FetchedSources = 24;

    /// <summary>Bytes of one fetched CRL.</summary>
    public const int FetchedCrlBytes = 16 * 1024 * 1024;

    /// <summary>Bytes of one fetched OCSP answer.</summary>
    public const int FetchedOcspBytes = 256 * 1024;
}

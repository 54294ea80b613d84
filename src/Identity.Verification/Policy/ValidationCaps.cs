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

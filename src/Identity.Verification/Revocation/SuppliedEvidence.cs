namespace Identity.Verification.Revocation;

/// <summary>Revocation data that whoever asks for a validation brings along: judged like what is fetched, so it can prove something or nothing, but not lie.</summary>
/// <param name="IsOcsp">An OCSPResponse; otherwise a CertificateList.</param>
public sealed record SuppliedEvidence(bool IsOcsp, ReadOnlyMemory<byte> Raw)
{
    public void AddTo(RevocationEvidence evidence)
    {
        if (IsOcsp)
            evidence.AddOcsp(Raw, RevocationOrigin.Fetched);
        else
            evidence.AddCrl(Raw, RevocationOrigin.Fetched);
    }
}

using System.Security.Cryptography.X509Certificates;

namespace Identity.Provider.Passkeys.Attestation;

/// <summary>WebAuthn 8.2: security keys, and most authenticators in software.</summary>
internal static class PackedAttestation
{
    public const string Format = "packed";

    private const string Country = "2.5.4.6";
    private const string Organization = "2.5.4.10";
    private const string OrganizationalUnit = "2.5.4.11";
    private const string CommonName = "2.5.4.3";

    public static StatementResult Verify(Statement statement, AttestedCredential credential, byte[] signed, AttestationRoots roots, DateTimeOffset now)
    {
        var algorithm = statement.Number("alg");
        var signature = statement.Bytes("sig");
        if (!statement.Has("x5c"))
            return VerifySelf(algorithm, signature, credential, signed);
        if (StatementSignature.HashOf(algorithm) is null)
            return new StatementResult.Unproven();
        using var path = CertificatePath.Read(statement.Certificates);
        if (!StatementSignature.Verifies(path.Leaf, algorithm, signed, signature))
            return new StatementResult.Refused("packed: signature");
        if (Problem(path.Leaf) is { } problem)
            return new StatementResult.Refused("packed: " + problem);
        // WebAuthn 8.2: the extension must say the AAGUID of the authenticator data; 8.2.1: a root that stands for several models needs it.
        var saysModel = path.SaysAaguid(credential.AaguidBytes);
        if (saysModel is false)
            return new StatementResult.Refused("packed: AAGUID");
        return roots.Judge(path, credential.Aaguid, now) switch
        {
            StatementResult.Trusted when saysModel is null && !roots.Has(credential.Aaguid) => new StatementResult.Unproven(),
            var judged => judged,
        };
    }

    // WebAuthn 8.2, self attestation: the new key has signed, so nobody else says anything about it.
    private static StatementResult VerifySelf(int algorithm, byte[] signature, AttestedCredential credential, byte[] signed)
    {
        if (credential.Key is not { } key)
            return new StatementResult.Unproven();
        if (algorithm != key.Algorithm)
            return new StatementResult.Refused("packed: algorithm of self attestation");
        return key.Verify(signed, signature) ? new StatementResult.Unproven() : new StatementResult.Refused("packed: signature of self attestation");
    }

    /// <summary>WebAuthn 8.2.1, in its order.</summary>
    private static string? Problem(X509Certificate2 leaf)
    {
        if (leaf.Version != 3)
            return "certificate version";
        var subject = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var name in leaf.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (name.HasMultipleElements || !subject.TryAdd(name.GetSingleElementType().Value!, name.GetSingleElementValue()))
                return "certificate subject";
        }

        if (subject.GetValueOrDefault(Country) is not { Length: 2 } || string.IsNullOrEmpty(subject.GetValueOrDefault(Organization))
            || subject.GetValueOrDefault(OrganizationalUnit) != "Authenticator Attestation" || string.IsNullOrEmpty(subject.GetValueOrDefault(CommonName)))
        {
            return "certificate subject";
        }

        return CertificatePath.IsEndEntity(leaf) ? null : "certificate of an authority";
    }
}

using System.Numerics;
using System.Security.Cryptography;
using Identity.Audit;
using Identity.Authority.Issuance.Lint;
using Identity.Authority.Issuers;
using Identity.Keys;
using Identity.Pkix.Asn1;
using Identity.Pkix.Crl;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Authority.Ceremony;

/// <summary>What is done with the root's key, on a machine without network: nothing of the running service needs that key.</summary>
public static class RootCeremony
{
    /// <summary>The root: key, certificate, first list.</summary>
    public static void MakeRoot(CeremonySettings settings, CeremonySession session)
    {
        var key = session.Key(settings.Root);
        session.Certify(settings.Root, SubjectPublicKey.Parse(key.SubjectPublicKeyInfo), key, issuer: null);
        SignList(settings, session, []);
    }

    /// <summary>Certifies the issuing authorities whose requests were brought; what they want to be called is not looked at.</summary>
    public static void CertifyAuthorities(CeremonySettings settings, CeremonySession session)
    {
        var (root, key) = (session.Certificate(settings.Root.Name), session.Key(settings.Root));
        foreach (var authority in settings.Authorities)
            session.Certify(authority, Requested(session, authority), key, root);
        SignList(settings, session, []);
    }

    /// <summary>The root's next list: with what the one before had, and with further certificates. Entries are never taken off.</summary>
    public static void SignList(CeremonySettings settings, CeremonySession session, IReadOnlyList<(BigInteger Serial, RevocationReason Reason)> revoked)
    {
        var (root, key, now) = (session.Certificate(settings.Root.Name), session.Key(settings.Root), session.Now);
        var path = session.Place.ListPath(settings.Root.Name);
        var before = File.Exists(path) ? CertificateRevocationList.Parse(File.ReadAllBytes(path)) : null;
        if (before is not null && before.VerifySignature(root.PublicKey) != SignatureCheck.Valid) throw new CeremonyRefusedException($"'{path}' is not the root's list.");
        if (revoked.FirstOrDefault(r => before?.Find(r.Serial) is not null) is { Serial.IsZero: false } twice) throw new CeremonyRefusedException($"{SerialNumbers.ToHex(twice.Serial)} is on the list already.");
        var content = new CrlContent(root, (before?.Number ?? 0) + 1, now, now + settings.RootListValidity,
            [.. before?.Entries ?? [], .. revoked.Select(r => new RevokedCertificate(r.Serial, now, r.Reason))])
        {
            ExpiredCertificatesSince = root.NotBefore,
        };
        var operation = session.Begin(new RevocationListIssue(settings.Root.Name, (long)content.Number));
        var list = CertificateRevocationList.Parse(KeySignature.Sign(key, CrlBuilder.Build(content, KeySignature.AlgorithmOf(key))));
        if (list.VerifySignature(root.PublicKey) != SignatureCheck.Valid) throw new InvalidOperationException("The signature of the root's list does not verify.");
        CeremonySession.Write(path, list.Raw.Span);
        operation.Complete(AuditOutcome.Succeeded);
        session.Record.RevocationList(settings.Root.Name, list);
    }

    private static SubjectPublicKey Requested(CeremonySession session, CeremonyEntry authority)
    {
        var path = session.Place.RequestPath(authority.Name);
        try
        {
            var pem = File.ReadAllText(path);
            var request = CertificationRequest.Parse(Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]));
            // RFC 2986 3: whoever asks has the key.
            if (request.VerifyPossession() != SignatureCheck.Valid) throw new CeremonyRefusedException($"'{path}' does not prove possession of its key.");
            return PublicKeyLint.AlgorithmOf(request.PublicKey) == authority.Key ? request.PublicKey : throw new CeremonyRefusedException($"'{path}' is not of a key {authority.Key}.");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or MalformedException or ArgumentException or FormatException)
        {
            throw new CeremonyRefusedException($"The request '{path}' cannot be read: {problem.Message}");
        }
    }
}

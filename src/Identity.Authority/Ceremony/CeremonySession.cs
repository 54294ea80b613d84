using System.Security.Cryptography;
using Identity.Audit;
using Identity.Authority.Issuance;
using Identity.Authority.Issuers;
using Identity.Keys;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Authority.Ceremony;

/// <summary>Where a ceremony works, and on what terms.</summary>
/// <param name="Folder">the key ring; certificates go there too</param>
/// <param name="Development">keys that are missing are made as development keys; else they are made in the hardware token before, and only used here</param>
/// <param name="Renew">certificates that are there are replaced, and kept under a name with their serial number</param>
public sealed record CeremonyPlace(string Folder, bool Development, bool Renew)
{
    public string CertificatePath(string name) => Path.Combine(Folder, name + ".cer.pem");

    public string RequestPath(string name) => Path.Combine(Folder, name + ".csr.pem");

    public string IntendedPath(string name) => Path.Combine(Folder, name + ".intended.der");

    public string ListPath(string name) => Path.Combine(Folder, name + ".crl");
}

/// <summary>
/// One ceremony in one place. Certificates are made in the order of <see cref="IssuanceCycle"/>, with files in the place of the database: the intended octets are
/// on the disk, then linted, then signed. A crash between leaves NAME.intended.der, and the next ceremony stops at it.
/// </summary>
public sealed class CeremonySession(CeremonyPlace place, CeremonyRecord record, AuditLog audit, TimeProvider time) : IDisposable
{
    private readonly KeyRing ring = KeyRing.Open(place.Folder, production: !place.Development);

    public CeremonyPlace Place => place;

    public CeremonyRecord Record => record;

    public DateTimeOffset Now => DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());

    // Each once: a ceremony comes back to a key for each certificate that it signs.
    private readonly HashSet<string> said = new(StringComparer.Ordinal);

    /// <summary>The key of this entry, made when it is missing and that is allowed here.</summary>
    public SigningKey Key(CeremonyEntry entry)
    {
        SigningKey key;
        var origin = "found";
        try
        {
            key = ring.Get(entry.Name, entry.Purpose);
        }
        catch (KeyRingException) when (place.Development && !File.Exists(Path.Combine(place.Folder, entry.Name + ".key.pem")) && !File.Exists(Path.Combine(place.Folder, entry.Name + ".key.json")))
        {
            key = KeyRing.CreateDevelopmentKey(place.Folder, entry.Name, entry.Purpose, entry.Key);
            record.Key(entry.Name, key);
            origin = "made";
        }
        // A token's keys are made by a command that knows no log: here, before anything is signed with one, the log learns which it is.
        if (said.Add(entry.Name)) audit.Append(new CeremonyKey(entry.Name, origin, Convert.ToHexStringLower(SHA256.HashData(key.SubjectPublicKeyInfo.Span))));
        return key.Algorithm == entry.Key ? key : throw new CeremonyRefusedException($"Key '{entry.Name}' is {key.Algorithm}; the settings say {entry.Key}.");
    }

    /// <summary>The certificate of this name, which is there.</summary>
    public Certificate Certificate(string name) => CertifiedKey.LoadCertificate(ring, name);

    /// <summary>Certifies a public key: intended, linted, signed, verified, stored.</summary>
    /// <param name="signer">the issuer's key</param>
    /// <param name="issuer">null when the certificate is its own issuer</param>
    public Certificate Certify(CeremonyEntry entry, SubjectPublicKey key, SigningKey signer, Certificate? issuer)
    {
        CheckUnmade(entry.Name);
        // 1. What is going to be signed is on the disk.
        var toBeSigned = CertificateBuilder.Build(entry.Profile.Content(entry.Subject, key, issuer, Now), KeySignature.AlgorithmOf(signer));
        Write(place.IntendedPath(entry.Name), toBeSigned.Bytes.Span);
        // 2. No rule objects.
        if (ThrowAwaySignature.Lint(toBeSigned, issuer, entry.Profile, Now) is { Count: > 0 } findings)
        {
            File.Delete(place.IntendedPath(entry.Name));
            throw new CeremonyRefusedException($"'{entry.Name}' was not signed: {string.Join("; ", findings.Select(f => $"{f.Rule}: {f.Problem}"))}");
        }
        // 3., 4., 5. Said, signed, stored, said.
        var intended = Pkix.X509.Certificate.Parse(toBeSigned.Complete(new byte[1]));
        var operation = audit.Begin(new CertificateIssue(null, intended.SerialHex, signer.Name));
        var certificate = Pkix.X509.Certificate.Parse(KeySignature.Sign(signer, toBeSigned));
        if (certificate.VerifySignature(issuer?.PublicKey ?? key) != SignatureCheck.Valid) throw new InvalidOperationException($"The signature of '{entry.Name}' does not verify.");
        if (File.Exists(place.CertificatePath(entry.Name))) File.Move(place.CertificatePath(entry.Name), Path.Combine(place.Folder, $"{entry.Name}.{Certificate(entry.Name).SerialHex}.cer.pem"));
        Write(place.CertificatePath(entry.Name), System.Text.Encoding.ASCII.GetBytes(PemEncoding.WriteString("CERTIFICATE", certificate.Raw.Span) + "\n"));
        operation.Complete(AuditOutcome.Succeeded);
        File.Delete(place.IntendedPath(entry.Name));
        record.Certificate(entry.Name, entry.Profile.Kind, certificate);
        return certificate;
    }

    public void Dispose() => ring.Dispose();

    public AuditOperation Begin(AuditEvent about) => audit.Begin(about);

    /// <summary>Beside its final name, brought to the disk, then renamed: a crash leaves no half file.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        using (var file = new FileStream(path + ".partial", FileMode.Create, FileAccess.Write))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        File.Move(path + ".partial", path, overwrite: true);
    }

    private void CheckUnmade(string name)
    {
        if (File.Exists(place.IntendedPath(name)))
            throw new CeremonyRefusedException($"An issuance of '{name}' was cut short and may have been signed: see the serial number in '{place.IntendedPath(name)}', revoke it, then remove the file.");
        if (!place.Renew && File.Exists(place.CertificatePath(name)))
            throw new CeremonyRefusedException($"'{place.CertificatePath(name)}' is there; --renew replaces it and keeps the old one.");
    }
}

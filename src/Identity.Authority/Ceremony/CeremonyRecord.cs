using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using Identity.Authority.Issuance;
using Identity.Keys;
using Identity.Pkix.Crl;
using Identity.Pkix.X509;

namespace Identity.Authority.Ceremony;

/// <summary>
/// The written record of a ceremony: who attended, by which settings, what was made, with fingerprints to compare. A JSON file, whose SHA-256 goes into
/// the audit log; the log is a chain of hashes, so a record that was exchanged later shows.
/// </summary>
public sealed class CeremonyRecord(string kind, IReadOnlyList<string> attendees, CeremonySettings settings, DateTimeOffset begun)
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<object> made = [];

    public string Kind { get; } = kind;

    /// <summary>One line for each thing that was made, for those who stand by.</summary>
    public IList<string> Lines { get; } = [];

    public void Key(string name, SigningKey key)
    {
        made.Add(new { what = "key", name, algorithm = key.Algorithm.ToString(), purpose = key.Purpose.ToString(), publicKeySha256 = Fingerprint(key.SubjectPublicKeyInfo) });
        Lines.Add($"key          {name}: {key.Algorithm}, public key {Fingerprint(key.SubjectPublicKeyInfo)}");
    }

    public void Certificate(string name, CertificateKind certificateKind, Certificate certificate)
    {
        made.Add(new
        {
            what = "certificate",
            name,
            kind = certificateKind.ToString(),
            subject = certificate.Subject.ToString(),
            issuer = certificate.Issuer.ToString(),
            serial = certificate.SerialHex,
            notBefore = certificate.NotBefore,
            notAfter = certificate.NotAfter,
            publicKeySha256 = Fingerprint(certificate.PublicKey.Raw),
            sha256 = Fingerprint(certificate.Raw),
        });
        Lines.Add($"certificate  {name}: serial {certificate.SerialHex}, SHA-256 {Fingerprint(certificate.Raw)}");
    }

    public void RevocationList(string name, CertificateRevocationList list)
    {
        made.Add(new
        {
            what = "revocation-list",
            name,
            number = (long)(list.Number ?? 0),
            thisUpdate = list.ThisUpdate,
            nextUpdate = list.NextUpdate,
            revoked = list.Entries.Select(e => new { serial = SerialNumbers.ToHex(e.SerialNumber), at = e.RevocationDate, reason = e.Reason.ToString() }),
            sha256 = Fingerprint(list.Raw),
        });
        Lines.Add($"list         {name}: number {list.Number}, {list.Entries.Count} revoked, SHA-256 {Fingerprint(list.Raw)}");
    }

    /// <summary>Brought to the disk; an existing file is never replaced. Returns its SHA-256.</summary>
    public string Write(string path, DateTimeOffset ended)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(new { ceremony = Kind, begun, ended, attendees, settingsSha256 = Convert.ToHexStringLower(settings.Sha256), made }, Readable);
        using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write))
        {
            file.Write(json);
            file.Flush(flushToDisk: true);
        }
        return Convert.ToHexStringLower(SHA256.HashData(json));
    }

    private static string Fingerprint(ReadOnlyMemory<byte> octets) => Convert.ToHexStringLower(SHA256.HashData(octets.Span));
}

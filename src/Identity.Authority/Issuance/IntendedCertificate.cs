using System.Security.Cryptography;
using Identity.Authority.Issuers;
using Identity.Authority.Storage;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Microsoft.EntityFrameworkCore;

namespace Identity.Authority.Issuance;

/// <summary>
/// A certificate whose serial number and exact octets are stored, and whose approval is thereby used. Nothing is signed yet. A crash after this
/// leaves the record in state Intended: nobody has the certificate, and <see cref="IssuanceRepair"/> closes or completes it.
/// </summary>
public sealed class IntendedCertificate
{
    private IntendedCertificate(ToBeSigned toBeSigned, string serial, string? approvalId)
    {
        ToBeSigned = toBeSigned;
        Serial = serial;
        ApprovalId = approvalId;
    }

    public ToBeSigned ToBeSigned { get; }

    public string Serial { get; }

    /// <summary>Null when it is for no person.</summary>
    public string? ApprovalId { get; }

    /// <summary>Null when this approval or this key has been used before, also when that happens at the same moment: the database has each once.</summary>
    public static async Task<IntendedCertificate?> Store(IDbContextFactory<AuthorityDatabase> databases, CertificateProfile profile, CertificateContent content, CertifiedKey issuer,
        string? approvalId, DateTimeOffset now, CancellationToken cancellation)
    {
        var toBeSigned = CertificateBuilder.Build(content, issuer.Algorithm);
        var intended = new IntendedCertificate(toBeSigned, SerialNumbers.ToHex(content.SerialNumber), approvalId);
        await using var database = await databases.CreateDbContextAsync(cancellation);
        database.Add(new CertificateRecord
        {
            Issuer = issuer.Name,
            Serial = intended.Serial,
            ApprovalId = approvalId,
            KeyHash = Convert.ToHexStringLower(SHA256.HashData(content.PublicKey.Raw.Span)),
            Profile = profile.Name,
            Shard = profile.Addresses?.Shard(content.SerialNumber),
            State = CertificateState.Intended,
            Intended = toBeSigned.Bytes.ToArray(),
            NotAfter = content.NotAfter,
            CreatedAt = now,
        });
        try
        {
            await database.SaveChangesAsync(cancellation);
            return intended;
        }
        catch (DbUpdateException problem) when (AuthorityDatabase.IsAlreadyThere(problem))
        {
            return null;
        }
    }

    /// <summary>What <see cref="Store"/> stored.</summary>
    public static IntendedCertificate Restore(CertificateRecord record, CertifiedKey issuer) =>
        new(CertificateBuilder.Restore(record.Intended, issuer.Algorithm), record.Serial, record.ApprovalId);
}

using Identity.Authority.Issuers;
using Identity.Authority.Storage;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Microsoft.EntityFrameworkCore;

namespace Identity.Authority.Issuance;

/// <summary>
/// A certificate whose serial number and exact octets are stored, and whose approval is thereby used. Nothing is signed yet. A crash after this
/// leaves the record in state Intended: nobody has the certificate, the serial can be revoked, the person approves again.
/// </summary>
public sealed class IntendedCertificate
{
    private IntendedCertificate(ToBeSigned toBeSigned, CertificateContent content, string approvalId)
    {
        ToBeSigned = toBeSigned;
        Content = content;
        ApprovalId = approvalId;
    }

    public ToBeSigned ToBeSigned { get; }

    public CertificateContent Content { get; }

    public string ApprovalId { get; }

    public string Serial => SerialNumbers.ToHex(Content.SerialNumber);

    /// <summary>Null when this approval has been used before, also when that happens at the same moment: the database has it once.</summary>
    public static async Task<IntendedCertificate?> Store(IDbContextFactory<AuthorityDatabase> databases, CertificateContent content, CertifiedKey issuer,
        string approvalId, DateTimeOffset now, CancellationToken cancellation)
    {
        var toBeSigned = CertificateBuilder.Build(content, issuer.Algorithm);
        var intended = new IntendedCertificate(toBeSigned, content, approvalId);
        await using var database = await databases.CreateDbContextAsync(cancellation);
        database.Add(new CertificateRecord
        {
            Issuer = issuer.Name,
            Serial = intended.Serial,
            ApprovalId = approvalId,
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
}

using System.Formats.Asn1;
using System.Formats.Cbor;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;

namespace Identity.Provider.Passkeys.Attestation;

/// <summary>What is known about where a new passkey lives.</summary>
public abstract record AttestationOutcome
{
    private AttestationOutcome()
    {
    }

    /// <param name="Format">Attestation statement format identifier, as the browser gave it.</param>
    /// <param name="Aaguid">Model of the authenticator, as it says itself; proven when <paramref name="Trusted"/>.</param>
    /// <param name="DeviceBound">It cannot be copied to another device (WebAuthn 6.1.3: not backup eligible), as the authenticator says.</param>
    /// <param name="Trusted">A maker whom the operator trusts vouches for it.</param>
    public sealed record Accepted(string Format, Guid Aaguid, bool DeviceBound, bool Trusted) : AttestationOutcome;

    /// <summary>The reason is for the operator's log.</summary>
    public sealed record Refused(string Reason) : AttestationOutcome;
}

/// <summary>
/// WebAuthn 7.1 (20) to (24): reads and verifies the attestation statement of a registration that the framework has verified otherwise. A statement that
/// says something untrue is refused; formats that are not verified here (WebAuthn 8.4 to 8.6 and any later one) count as if there were no statement.
/// </summary>
public sealed class AttestationVerification(ProviderSettings settings, TimeProvider time)
{
    public AttestationOutcome Verify(UserPasskeyInfo passkey) => Verify(passkey, settings.AttestationRoots, time.GetUtcNow());

    internal static AttestationOutcome Verify(UserPasskeyInfo passkey, AttestationRoots roots, DateTimeOffset now)
    {
        try
        {
            var attestation = AttestationObject.Read(passkey.AttestationObject);
            var credential = attestation.Credential;
            // Two readers, one reading: what is judged here is the passkey that will be stored.
            if (!credential.CredentialId.AsSpan().SequenceEqual(passkey.CredentialId) || !credential.CoseKey.AsSpan().SequenceEqual(passkey.PublicKey)
                || credential.BackupEligible != passkey.IsBackupEligible)
            {
                return new AttestationOutcome.Refused("not the passkey that was verified");
            }

            byte[] signed = [.. attestation.AuthenticatorData, .. SHA256.HashData(passkey.ClientDataJson)];
            return Verify(attestation, signed, roots, now) switch
            {
                StatementResult.Refused refused => new AttestationOutcome.Refused(refused.Reason),
                var result => new AttestationOutcome.Accepted(attestation.Format, credential.Aaguid, !credential.BackupEligible, result is StatementResult.Trusted),
            };
        }
        catch (Exception problem) when (problem
            is CborContentException or AsnContentException or CryptographicException or FormatException or OverflowException or InvalidOperationException or ArgumentException)
        {
            return new AttestationOutcome.Refused("malformed");
        }
    }

    private static StatementResult Verify(AttestationObject attestation, byte[] signed, AttestationRoots roots, DateTimeOffset now)
    {
        var credential = attestation.Credential;
        return attestation.Format switch
        {
            NoneAttestation.Format => NoneAttestation.Verify(Statement.Read(attestation.Statement)),
            PackedAttestation.Format => PackedAttestation.Verify(Statement.Read(attestation.Statement), credential, signed, roots, now),
            TpmAttestation.Format => TpmAttestation.Verify(Statement.Read(attestation.Statement), credential, signed, roots, now),
            AppleAttestation.Format => AppleAttestation.Verify(Statement.Read(attestation.Statement), credential, signed, roots, now),
            _ => new StatementResult.Unproven(),
        };
    }
}

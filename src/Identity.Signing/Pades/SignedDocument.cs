using Identity.Pdf.Structure;
using Identity.Keys;
using Identity.Pdf.Signatures;
using Identity.Pkix.Cms;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Identity.Signing.Revocation;

namespace Identity.Signing.Pades;

/// <summary>PAdES-BASELINE-B: the document with a finished CMS, and room in it for a time-stamp.</summary>
public sealed class SignedDocument
{
    private SignedDocument(PreparedSignature update, ReadOnlyMemory<byte> cms, Certificate signer) => (Update, Cms, Signer) = (update, cms, signer);

    internal PreparedSignature Update { get; }

    internal ReadOnlyMemory<byte> Cms { get; }

    public Certificate Signer { get; }

    /// <summary>What makes it last may follow although a signature permits no changes.</summary>
    internal bool AcceptsNoChangesBehind { get; private init; }

    /// <summary>What the time-stamp is made over.</summary>
    internal ReadOnlyMemory<byte> SignatureValue => PadesSignature.TimestampedValue(Cms);

    /// <summary>Uses the key for its one signature.</summary>
    /// <exception cref="KeyUnavailableException">The key was used or destroyed.</exception>
    public static SignedDocument Sign(PreparedDocument prepared, SigningKey key)
    {
        var value = key.SignData(prepared.Scheme, prepared.ToBeSigned.Bytes.Span);
        return Complete(prepared, value) ?? throw new InvalidOperationException("The signature does not verify with the certificate.");
    }

    /// <summary>With a signature that somebody else made over <see cref="PreparedDocument.HashToSign"/>; null when it is not one of the certificate's key.</summary>
    public static SignedDocument? Complete(PreparedDocument prepared, byte[] value)
    {
        // The certificate in the document must be this key's: found here, not by the first verifier.
        return SignatureVerification.VerifyData(prepared.Signer.PublicKey, prepared.ToBeSigned.Algorithm, prepared.ToBeSigned.Bytes.Span, value) != SignatureCheck.Valid
            ? null
            : new SignedDocument(prepared.Update, prepared.ToBeSigned.Complete(value), prepared.Signer) { AcceptsNoChangesBehind = prepared.AcceptsNoChangesBehind };
    }

    /// <summary>The document as it stands at this level.</summary>
    public DocumentBytes ToBytes() =>
        Update.Original.Append(Update.SignedTail(Cms.Span) ?? throw new InvalidOperationException("The signature outgrew the room that it was measured for."));

    /// <summary>What <see cref="ToBytes"/> gave, read again; null when it is not that.</summary>
    internal static SignedDocument? Reopen(GrowingDocument document)
    {
        if (document.Read() is not { } pdf || SignatureInDocument.All(pdf) is not [.., { IsTimestamp: false } last] || last.SignatureTimestamps.Count > 0 || !last.Holds(pdf))
            return null;
        return PreparedSignature.Reopen(pdf, last.Dictionary) is { } update
            // It could not have been made without.
            ? new SignedDocument(update, last.Cms!.Raw, last.Signer!) { AcceptsNoChangesBehind = SignatureUpdate.PermitsNoChanges(pdf) }
            : null;
    }
}

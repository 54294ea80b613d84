using Identity.Keys;
using Identity.Pdf.Signatures;
using Identity.Pkix.Cms;
using Identity.Pkix.Signatures;

namespace Identity.Signing.Pades;

/// <summary>PAdES-BASELINE-B in the making: prepared document and finished CMS. It cannot be written: only a time-stamped document can.</summary>
public sealed class SignedDocument
{
    private SignedDocument(PreparedSignature update, ReadOnlyMemory<byte> cms) => (Update, Cms) = (update, cms);

    internal PreparedSignature Update { get; }

    internal ReadOnlyMemory<byte> Cms { get; }

    /// <summary>What the time-stamp is made over.</summary>
    internal ReadOnlyMemory<byte> SignatureValue => PadesSignature.TimestampedValue(Cms);

    /// <summary>Uses the key for its one signature.</summary>
    /// <exception cref="KeyUnavailableException">The key was used or destroyed.</exception>
    public static SignedDocument Sign(PreparedDocument prepared, PersonKey key)
    {
        var value = key.SignHash(SignatureScheme.EcdsaSha256, prepared.ToBeSigned.Hash());
        // The certificate in the document must be this key's: found here, not by the first verifier.
        if (SignatureVerification.VerifyData(prepared.Certificate.Leaf.PublicKey, prepared.ToBeSigned.Algorithm, prepared.ToBeSigned.Bytes.Span, value) != SignatureCheck.Valid)
            throw new InvalidOperationException("The signature does not verify with the certificate.");
        return new SignedDocument(prepared.Update, prepared.ToBeSigned.Complete(value));
    }
}

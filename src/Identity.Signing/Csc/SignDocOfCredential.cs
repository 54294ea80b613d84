using System.Text.Json.Nodes;
using Identity.Pkix.Cms;
using Identity.Pkix.X509;
using Identity.Signing.Certificates;
using Identity.Signing.Pades;
using Identity.Signing.Timestamps;

namespace Identity.Signing.Csc;

/// <summary>
/// signatures/signDoc with a credentialID and documentDigests: the key of a credential signs the hashes that were approved and nothing else, so what it signs here is
/// made of the digest and the certificate alone and must be among them. Whoever asks for the approval computes the same: the signed attributes of a PAdES signature
/// (specs/csc.md). The answer is the CMS, which states the digest.
/// </summary>
internal sealed class SignDocOfCredential(SignHash signHash, TimestampClient timestamps)
{
    public async Task<TakenSigning> Take(CscAuthorization authorization, SignDocParameters asked, CancellationToken cancellation)
    {
        // Their status is for whoever asks for it: the certificate is in credentials/info.
        if (asked.WantsValidationInfo)
            throw new CscRefusedException(CscError.Invalid("returnValidationInfo"));
        var record = await signHash.Find(authorization, asked.CredentialId!, cancellation);
        var certificate = new PersonCertificate(Certificate.Parse(record.Certificate), CredentialDescription.ChainOf(record));
        var prepared = asked.Asked.Select(signature => DigestSignature.Prepare(signature.Digest, certificate).ToBeSigned).ToList();
        // Before the approval is used: its signatures without their time-stamps would be nobody's.
        if (asked.Asked.Any(signature => signature.Level > PadesLevel.B) && !await timestamps.IsWell(cancellation))
            throw new CscRefusedException(CscError.Unavailable);
        return await signHash.Take(
            authorization, record, [.. prepared.Select(toBeSigned => toBeSigned.Hash())], SignDocParameters.NotAuthorized,
            async (values, stopping) =>
            {
                var objects = new JsonArray();
                for (var i = 0; i < values.Count; i++)
                    objects.Add(Convert.ToBase64String((await Raise(DigestSignature.Complete(prepared[i], certificate, values[i]), asked.Asked[i].Level, stopping)).Span));
                return new JsonObject { ["SignatureObject"] = objects };
            },
            cancellation);
    }

    private async Task<ReadOnlyMemory<byte>> Raise(ReadOnlyMemory<byte> cms, PadesLevel level, CancellationToken cancellation)
    {
        if (level == PadesLevel.B)
            return cms;
        return await timestamps.Stamp(PadesSignature.TimestampedValue(cms), cancellation) is TimestampAnswer.Granted granted
            ? PadesSignature.WithSignatureTimestamp(cms, granted.Token)
            : throw new CscRefusedException(CscError.Unavailable);
    }
}

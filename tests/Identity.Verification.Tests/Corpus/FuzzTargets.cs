using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Pkix.Asn1;
using Identity.Pkix.Cms;
using Identity.Pkix.Timestamps;
using Identity.TestKit.Pdf;
using Identity.Verification.Changes;

namespace Identity.Verification.Tests.Corpus;

/// <summary>
/// What reads strangers' bytes, one call each: an answer or a refusal, and anything else is a defect. `tests/fuzz.sh` drives these with AFL++, a test with
/// what was found.
/// </summary>
internal static class FuzzTargets
{
    // Small, so that what grows faster than the input shows itself as slow.
    private static readonly PdfLimits Limits = new() { DecodedStreamBytes = 1 << 20, DecodedBytes = 4 << 20, Values = 200_000 };

    public static IReadOnlyList<string> Names { get; } = ["pdf", "sections", "cms", "changes"];

    public static void Run(string target, byte[] input)
    {
        switch (target)
        {
            case "pdf":
                Read(input);
                break;
            case "sections":
                // The input stands where a cross-reference section is looked for, behind sound objects.
                var file = PdfBytes.OnePage();
                var start = file.Length;
                Read(file.Bytes(input).Text(FormattableString.Invariant($"\nstartxref\n{start}\n%%EOF\n")).ToArray());
                break;
            case "cms":
                Cms(input);
                break;
            case "changes":
                // The input is an update of a signed document.
                byte[] updated = [.. Signed, .. input];
                if (PdfDocument.Read(updated, Limits) is PdfRead.Document { Value: var document })
                    ChangeAnalysis.Explain(document, CancellationToken.None);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(target), target, "no such target");
        }
    }

    /// <summary>A few small inputs for each target, from which others are made.</summary>
    public static IEnumerable<byte[]> Seeds(string target)
    {
        switch (target)
        {
            case "pdf":
                yield return HandMadePdf.Plain();
                yield return PdfBytes.OnePage("/AcroForm<</Fields[4 0 R]>>").Indirect(4, "<</FT/Sig/T(a)/V<</Type/Sig/Contents<3000>/ByteRange[0 1 2 3]>>>>").Table().ToArray();
                yield return PdfBytes.OnePage().ObjectStream(5, [(6, "<</A[1 (b)/C true null 2 0 R]>>")], compress: false).SectionStream(9, new Dictionary<int, (int, int)> { [6] = (5, 0) }).ToArray();
                yield return PdfBytes.OnePage("/DSS<</Certs[4 0 R]/VRI<</AB<</Cert[4 0 R]>>>>>>").Stream(4, "/Filter/ASCIIHexDecode", "3000>"u8.ToArray()).Table().ToArray();
                break;
            case "sections":
                yield return "xref\n0 4\n0000000000 65535 f \n0000000015 00000 n \n0000000062 00000 n \n0000000119 00000 n \ntrailer\n<</Size 4/Root 1 0 R>>"u8.ToArray();
                yield return "9 0 obj\n<</Type/XRef/Size 4/W[1 2 1]/Root 1 0 R/Filter/ASCIIHexDecode/Length 33>>\nstream\n00000000 01000f00 01003e00 01007700>\nendstream\nendobj"u8.ToArray();
                break;
            case "cms":
                yield return [0x30, 0x80, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02, 0xA0, 0x80, 0x30, 0x80, 0x02, 0x01, 0x01, 0x31, 0x00, 0x30, 0x80, 0x06, 0x09,
                    0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01, 0x00, 0x00, 0x31, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00];
                yield return SmallCms();
                break;
            default:
                foreach (var update in Updates())
                    yield return HandMadePdf.Append(Signed, update)[Signed.Length..];
                break;
        }
    }

    private static readonly byte[] Signed = HandMadePdf.Sign(HandMadePdf.Plain(), _ => SmallCms());

    private static IEnumerable<(int, string)[]> Updates()
    {
        yield return [(HandMadePdf.Content, HandMadePdf.Stream("BT (other) Tj ET"))];
        yield return [(1, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]/SigFlags 3>>/DSS<</Certs[20 0 R]>>/Metadata 21 0 R>>"), (20, HandMadePdf.Stream("0")), (21, HandMadePdf.Stream("<x/>"))];
        yield return [(6, "<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature1)/V 7 0 R/P 3 0 R/F 132/Rect[0 0 9 9]/AP<</N 22 0 R>>>>"), (22, HandMadePdf.Stream("", "/Type/XObject/Subtype/Form/BBox[0 0 1 1]"))];
    }

    private static void Read(byte[] file)
    {
        if (PdfDocument.Read(file, Limits) is not PdfRead.Document { Value: var document })
            return;
        foreach (var revision in document.Revisions)
        {
            var view = document.AsOf(revision.Number);
            _ = (view.Pages.Pages.Count, view.Form.Fields.Count, view.SecurityStore?.Certificates.Count, revision.Unaccounted.Count);
            foreach (var change in revision.Changes)
                _ = (view.Closure.PathTo(change.Id), view.Closure.PagesOf(change.Id).Count, view.Closure.FieldsOf(change.Id).Count);
        }
        foreach (var signature in document.Signatures)
            _ = (signature.ByteRange is ByteRangeCheck.Sound, signature.References.Count);
    }

    private static void Cms(byte[] input)
    {
        try
        {
            var signed = SignedData.Parse(input);
            signed.ReadableCertificates();
            signed.IsStrictDer();
            foreach (var signer in signed.Signers)
            {
                _ = (signer.ContentType, signer.MessageDigest, signer.SigningTime, signer.AlgorithmProtection, signer.SigningCertificates, signer.RevocationArchival, signer.ClaimedRoles);
                foreach (var token in signer.SignatureTimestamps)
                    TimestampToken.Parse(token);
            }
        }
        catch (MalformedException)
        {
            // The one refusal that there is.
        }
    }

    /// <summary>One signer with three signed attributes, and nothing that verifies.</summary>
    private static byte[] SmallCms()
    {
        static byte[] Der(byte tag, params IEnumerable<byte[]> parts)
        {
            byte[] content = [.. parts.SelectMany(part => part)];
            return content.Length < 128 ? [tag, (byte)content.Length, .. content] : [tag, 0x82, (byte)(content.Length >> 8), (byte)content.Length, .. content];
        }

        static byte[] Attribute(byte last, byte[] value) => Der(0x30, [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, last], Der(0x31, value));
        byte[] sha256 = Der(0x30, [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01]), data = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01];
        var signer = Der(0x30, [0x02, 0x01, 0x01], Der(0x30, Der(0x30), [0x02, 0x01, 0x05]), sha256,
            Der(0xA0, Attribute(3, data), Attribute(4, Der(0x04, new byte[32])), Attribute(5, Der(0x17, "261123100000Z"u8.ToArray()))),
            Der(0x30, [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]), Der(0x04, new byte[8]));
        return Der(0x30, [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02], Der(0xA0, Der(0x30, [0x02, 0x01, 0x01], Der(0x31, sha256), Der(0x30, data), Der(0x31, signer))));
    }
}

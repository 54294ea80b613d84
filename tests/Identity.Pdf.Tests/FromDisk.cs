using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Tests;

/// <summary>Reads the same file through a window over the disk: whatever it is, both ways must see one document, or refuse it for one reason.</summary>
internal static class FromDisk
{
    public static void MustAgree(PdfRead fromMemory, byte[] file, PdfLimits? limits = null)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, file);
            using var bytes = DocumentBytes.OfFile(path);
            var fromDisk = PdfDocument.Read(bytes, limits);
            if (fromMemory is PdfRead.Refused refused)
                Assert.Equal(refused, fromDisk);
            else
                SameDocument(((PdfRead.Document)fromMemory).Value, Assert.IsType<PdfRead.Document>(fromDisk).Value);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void SameDocument(PdfDocument one, PdfDocument other)
    {
        Assert.Equal(one.HeaderVersion, other.HeaderVersion);
        Assert.Equal(one.Deviations, other.Deviations);
        Assert.Equal(one.TrailingBytes, other.TrailingBytes);
        Assert.Equal(one.UnreadableUpdate, other.UnreadableUpdate);
        Assert.Equal(one.Revisions.Count, other.Revisions.Count);
        for (var index = 0; index < one.Revisions.Count; index++)
            SameRevision(one.Revisions[index], other.Revisions[index]);
        foreach (var revision in one.Revisions)
        {
            foreach (var id in one.AsOf(revision.Number).Objects)
                Assert.True(ObjectComparison.SameBytes(one.ResolveAsOf(revision.Number, id), other.ResolveAsOf(revision.Number, id)), id.ToString());
        }
        Assert.Equal(one.Signatures.Select(Facts), other.Signatures.Select(Facts));
    }

    private static void SameRevision(Revision one, Revision other)
    {
        Assert.Equal((one.Start, one.End, one.EndOfFileMarker, one.IsLinearized, one.Kind), (other.Start, other.End, other.EndOfFileMarker, other.IsLinearized, other.Kind));
        Assert.Equal(one.Changes, other.Changes);
        Assert.Equal(one.Unaccounted, other.Unaccounted);
        Assert.Equal(one.Trailer.Raw.ToArray(), other.Trailer.Raw.ToArray());
    }

    private static (string?, int, Pdf.Signatures.ByteRangeCheck, long) Facts(Pdf.Signatures.SignatureDictionary signature) =>
        (signature.FieldName, signature.Revision, signature.ByteRange, signature.Dictionary.Start);
}

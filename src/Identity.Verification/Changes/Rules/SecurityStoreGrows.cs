using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes.Rules;

/// <summary>The document security store (ISO 32000-2 12.8.4.3): validation data are added; entries of a signature are never taken away.</summary>
public sealed class SecurityStoreGrows : ChangeRule
{
    public static SecurityStoreGrows Rule { get; } = new();

    private SecurityStoreGrows() { }

    public override void Explain(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        if (IsAbsent(before) && IsAbsent(after))
            return;
        if (after is not PdfDictionary isNow || before is not (PdfDictionary or PdfNull))
        {
            comparison.Report(ChangeKind.Suspicious, place, ValidationMessage.Error("validation-data-removed"));
            return;
        }
        var was = before as PdfDictionary;
        foreach (var key in was is null ? isNow.Entries.Select(entry => entry.Key.Value) : Keys(was, isNow))
        {
            var inside = place.Inside(key);
            switch (key)
            {
                case "Type":
                    if (comparison.ResolveAfter(isNow[key]) is not PdfName { Value: "DSS" })
                        Unsound(comparison, inside);
                    break;
                case "VRI":
                    Entries(comparison, inside, comparison.Before.Resolve(was?[key]), comparison.ResolveAfter(isNow[key]));
                    break;
                case "Certs" or "OCSPs" or "CRLs":
                    Streams(comparison, inside, comparison.Before.Resolve(was?[key]), comparison.ResolveAfter(isNow[key]));
                    break;
                default:
                    comparison.Compare(was?[key], isNow[key], place.Inside(key, NothingChanges.Rule));
                    break;
            }
        }
    }

    private static void Entries(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        if (before is not (PdfDictionary or PdfNull) || after is not PdfDictionary isNow)
        {
            Unsound(comparison, place);
            return;
        }
        foreach (var key in before is PdfDictionary was ? Keys(was, isNow) : isNow.Entries.Select(entry => entry.Key.Value))
        {
            var old = comparison.Before.Resolve((before as PdfDictionary)?[key]);
            if (comparison.ResolveAfter(isNow[key]) is not PdfDictionary entry)
            {
                // A signature that loses its data can no longer be proved as it was meant to be.
                if (key != "Type" || comparison.ResolveAfter(isNow[key]) is not PdfName)
                    comparison.Report(ChangeKind.Suspicious, place, ValidationMessage.Error("validation-data-removed"));
                continue;
            }
            foreach (var part in old is PdfDictionary oldEntry ? Keys(oldEntry, entry) : entry.Entries.Select(e => e.Key.Value))
            {
                var (partBefore, partAfter) = ((old as PdfDictionary)?[part], entry[part]);
                if (part is "Cert" or "OCSP" or "CRL")
                    Streams(comparison, place.Inside(part), comparison.Before.Resolve(partBefore), comparison.ResolveAfter(partAfter));
                else if (old is not PdfNull)
                    comparison.Compare(partBefore, partAfter, place.Inside(part, NothingChanges.Rule));
                else
                    // 12.8.4.4 table 262: when it was made, and a time-stamp of it.
                    comparison.Entries.Accept(partAfter);
            }
        }
    }

    private static void Streams(RevisionComparison comparison, Place place, PdfObject before, PdfObject after)
    {
        if (before is not (PdfArray or PdfNull) || after is not (PdfArray or PdfNull))
        {
            Unsound(comparison, place);
            return;
        }
        var old = (before as PdfArray)?.Items.OfType<PdfReference>().Select(reference => reference.Target).ToHashSet() ?? [];
        foreach (var item in (after as PdfArray)?.Items ?? [])
        {
            if (item is not PdfReference reference || comparison.ResolveAfter(reference) is not PdfStream)
            {
                Unsound(comparison, place);
                continue;
            }
            if (!old.Remove(reference.Target))
                comparison.Report(ChangeKind.Archival, null, null, null, ValidationMessage.Information("validation-data-added"));
            comparison.Entries.Accept(item);
            // An object that was there before must not become, or be replaced as, validation data.
            if (comparison.Before.Resolve(reference.Target) is not PdfNull)
                comparison.Compare(reference, reference, place.Inside("[]", NothingChanges.Rule));
        }
        if (old.Count > 0)
            comparison.Report(ChangeKind.Archival, place, ValidationMessage.Warning("validation-data-dropped"));
    }

    private static void Unsound(RevisionComparison comparison, Place place) =>
        comparison.Report(ChangeKind.Suspicious, place, ValidationMessage.Error("validation-data-unsound"));
}

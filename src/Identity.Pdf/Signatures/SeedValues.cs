using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Signatures;

/// <summary>What a field demands of its signature, by the keys of ISO 32000-2 table 237.</summary>
public enum SeedConstraint
{
    /// <summary>The dictionary, or an entry of it, is not what it must be.</summary>
    Unreadable,
    Filter,
    SubFilter,
    DigestMethod,

    /// <summary>V: a newer kind of seed values than is understood here.</summary>
    ParserVersion,

    /// <summary>Cert: other demands on the signer's certificate than can be checked here.</summary>
    Certificate,
    Reasons,

    /// <summary>MDP: a certification, or none.</summary>
    Certification,

    /// <summary>TimeStamp: of another service than will be asked.</summary>
    Timestamp,
    LegalAttestation,

    /// <summary>AddRevInfo: revocation data inside the signature, where PAdES does not have them.</summary>
    RevocationData,
    LockDocument,
    AppearanceFilter,
}

/// <summary>
/// The seed value dictionary of a field (12.7.5.5.3 and table 237): each required constraint is met by the request or named as unmet. What is only
/// recommended changes nothing.
/// </summary>
internal static class SeedValues
{
    private const double NewestVersion = 3;
    private const string OwnFilter = "Adobe.PPKLite", OwnSubFilter = "ETSI.CAdES.detached";

    // Table 237, Ff: bit positions from 1.
    [Flags]
    private enum Required
    {
        Filter = 1 << 0,
        SubFilter = 1 << 1,
        Version = 1 << 2,
        Reasons = 1 << 3,
        LegalAttestation = 1 << 4,
        AddRevInfo = 1 << 5,
        DigestMethod = 1 << 6,
        LockDocument = 1 << 7,
        AppearanceFilter = 1 << 8,
    }

    public static SeedConstraint? Unmet(RevisionView view, PdfDictionary field, SignatureRequest request)
    {
        switch (view.Resolve(field["SV"]))
        {
            case PdfNull:
                return null;
            case PdfDictionary seed:
                var flags = view.Resolve(seed["Ff"]) switch { PdfNull => 0, PdfInteger value => value.Value, _ => -1 };
                if (flags < 0)
                    return SeedConstraint.Unreadable;
                return Format(view, seed, (Required)flags, request) ?? Meaning(view, seed, (Required)flags, request);
            default:
                return SeedConstraint.Unreadable;
        }
    }

    private static SeedConstraint? Format(RevisionView view, PdfDictionary seed, Required required, SignatureRequest request)
    {
        if (required.HasFlag(Required.Version) && view.Resolve(seed["V"]) switch { PdfInteger whole => whole.Value, PdfReal real => real.Value, PdfNull => 0, _ => double.MaxValue } > NewestVersion)
            return SeedConstraint.ParserVersion;
        if (required.HasFlag(Required.Filter) && view.Get<PdfName>(seed, "Filter")?.Value != OwnFilter)
            return SeedConstraint.Filter;
        if (required.HasFlag(Required.SubFilter) && !Names(view, seed, "SubFilter").Contains(OwnSubFilter, StringComparer.Ordinal))
            return SeedConstraint.SubFilter;
        if (required.HasFlag(Required.DigestMethod) && !Texts(view, seed, "DigestMethod").Contains(request.DigestMethod, StringComparer.Ordinal))
            return SeedConstraint.DigestMethod;
        return null;
    }

    private static SeedConstraint? Meaning(RevisionView view, PdfDictionary seed, Required required, SignatureRequest request)
    {
        if (required.HasFlag(Required.Reasons) && !IsReasonGiven(Texts(view, seed, "Reasons"), request.Reason))
            return SeedConstraint.Reasons;
        if (required.HasFlag(Required.LegalAttestation) && request.Certification is not null)
            return SeedConstraint.LegalAttestation;
        if (required.HasFlag(Required.AddRevInfo) && view.Resolve(seed["AddRevInfo"]) is not (PdfNull or PdfBoolean { Value: false }))
            return SeedConstraint.RevocationData;
        if (required.HasFlag(Required.LockDocument) && view.Get<PdfName>(seed, "LockDocument")?.Value is not ("false" or "auto"))
            return SeedConstraint.LockDocument;
        if (required.HasFlag(Required.AppearanceFilter))
            return SeedConstraint.AppearanceFilter;
        // These have no flag of their own in Ff.
        if (view.Resolve(seed["MDP"]) is not PdfNull && !IsCertification(view, seed, request.Certification))
            return SeedConstraint.Certification;
        if (view.Resolve(seed["Cert"]) is not PdfNull and var certificate
            && (certificate is not PdfDictionary demands || view.Resolve(demands["Ff"]) is not (PdfNull or PdfInteger { Value: 0 })))
            return SeedConstraint.Certificate;
        return view.Get<PdfDictionary>(seed, "TimeStamp") is { } timestamp && view.Resolve(timestamp["Ff"]) is not (PdfNull or PdfInteger { Value: 0 })
            && (request.TimestampAddress is null || view.Get<PdfString>(timestamp, "URL")?.GetText() != request.TimestampAddress)
            ? SeedConstraint.Timestamp : null;
    }

    // No reasons, or a single full stop: the signature has none.
    private static bool IsReasonGiven(IReadOnlyList<string> reasons, string? given) =>
        reasons is [] or ["."] ? given is null : given is not null && reasons.Contains(given, StringComparer.Ordinal);

    // P 0: an approval; 1 to 3: a certification with these permissions.
    private static bool IsCertification(RevisionView view, PdfDictionary seed, CertificationPermission? given) =>
        view.Get<PdfDictionary>(seed, "MDP") is { } mdp && view.Get<PdfInteger>(mdp, "P")?.Value is { } permission && permission == (int)(given ?? 0);

    private static IReadOnlyList<string> Names(RevisionView view, PdfDictionary seed, string key) =>
        [.. view.Get<PdfArray>(seed, key)?.Items.Select(item => view.Resolve(item)).OfType<PdfName>().Select(name => name.Value) ?? []];

    private static IReadOnlyList<string> Texts(RevisionView view, PdfDictionary seed, string key) =>
        [.. view.Get<PdfArray>(seed, key)?.Items.Select(item => view.Resolve(item)).OfType<PdfString>().Select(text => text.GetText()) ?? []];
}

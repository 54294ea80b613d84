using Identity.Verification.Engine;
using Identity.Verification.Reports;

namespace Identity.Verification.OtherPrograms;

/// <summary>
/// Why another program may say something else of this very file. One rule a file; each speaks only when the file has what makes that
/// program differ, so the list is an explanation and not a disclaimer.
/// </summary>
public static class Disagreement
{
    // In the order in which a reader asks: can it be opened, is it unchanged, is it valid, does it last.
    private static readonly IReadOnlyList<Func<Examined, ValidationMessage?>> Rules =
    [
        RefusedAsAmbiguous.Of,
        RewrittenOnTheWay.Of,
        ValidElsewhereThoughChanged.Of,
        ChangedElsewhereThoughPermitted.Of,
        CertificationClosedToArchive.Of,
        OwnRoot.Of,
        RootOfOthers.Of,
        NotBaseline.Of,
        BrainpoolCurve.Of,
        UnlistedAlgorithm.Of,
        OutdatedDigest.Of,
        ShortLivedCertificate.Of,
        SignedInTheFuture.Of,
        NotLongTerm.Of,
        HybridCrossReference.Of,
        BrowserViewers.Of,
    ];

    public static IReadOnlyList<ValidationMessage> Of(DocumentResult result, ValidationReport report)
    {
        var examined = new Examined(result as DocumentResult.Judged, report);
        return [.. Rules.Select(rule => rule(examined)).OfType<ValidationMessage>()];
    }
}

/// <summary>What the rules look at.</summary>
/// <param name="Judged">Null when the file was not read.</param>
/// <param name="Report">Whole but for what the rules add.</param>
public sealed record Examined(DocumentResult.Judged? Judged, ValidationReport Report)
{
    public IEnumerable<SignatureReport> Signatures => Report.Signatures.Where(signature => signature.IsSignature);
}

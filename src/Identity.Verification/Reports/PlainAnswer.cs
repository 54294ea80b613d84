using System.Globalization;

namespace Identity.Verification.Reports;

/// <summary>How an answer looks at a glance.</summary>
public enum PlainTone
{
    Passed,
    Failed,
    Unclear,
    None,
}

/// <summary>The report in one sentence that needs no knowledge of signatures. Texts are named by <see cref="Key"/>.</summary>
public sealed record PlainAnswer(string Key, PlainTone Tone)
{
    public static PlainAnswer Of(ValidationReport report)
    {
        if (report.Error is not null)
            return new PlainAnswer("error", PlainTone.Failed);
        if (report.Conclusion == "NO-SIGNATURE")
            return report.Signatures.Count == 0 ? new PlainAnswer("none", PlainTone.None) : new PlainAnswer("only-timestamps", PlainTone.None);
        if (report.Integrity == "changed")
            return new PlainAnswer("changed", PlainTone.Failed);
        if (report.HasPassed)
            return new PlainAnswer(report.Signatures.Any(signature => signature.ChangesAfter == "form") ? "passed-form" : "passed", PlainTone.Passed);
        var worst = report.Signatures.Where(signature => signature.IsSignature).MaxBy(Rank);
        return worst is null ? new PlainAnswer("unclear", PlainTone.Unclear) : Of(worst);
    }

    public static PlainAnswer Of(SignatureReport signature) => signature switch
    {
        { Indication: "TOTAL-PASSED" or "PASSED" } => new("passed", PlainTone.Passed),
        { SubIndication: "HASH_FAILURE" } => new("bytes-changed", PlainTone.Failed),
        { Indication: "TOTAL-FAILED" or "FAILED" } => new("broken", PlainTone.Failed),
        { Integrity: "changed" } => new("changed", PlainTone.Failed),
        { SubIndication: "NO_CERTIFICATE_CHAIN_FOUND" } => new("untrusted", PlainTone.Unclear),
        { SubIndication: "TRY_LATER" } => new("later", PlainTone.Unclear),
        { SubIndication: "REVOKED_NO_POE" or "REVOKED_CA_NO_POE" } => new("revoked", PlainTone.Failed),
        { SubIndication: "OUT_OF_BOUNDS_NO_POE" or "OUT_OF_BOUNDS_NOT_REVOKED" } => new("expired", PlainTone.Unclear),
        { SubIndication: "CRYPTO_CONSTRAINTS_FAILURE_NO_POE" or "CRYPTO_CONSTRAINTS_FAILURE" } => new("weak", PlainTone.Unclear),
        _ => new("unclear", PlainTone.Unclear),
    };

    public string Title(CultureInfo language) => VerificationTexts.Format(language, $"verdict.{Key}.title");

    public string Text(CultureInfo language) => VerificationTexts.Format(language, $"verdict.{Key}.text");

    private static int Rank(SignatureReport signature) => signature.Indication switch
    {
        "TOTAL-PASSED" => 0,
        "INDETERMINATE" => 1,
        _ => 2,
    };
}

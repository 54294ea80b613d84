using Identity.Verification.Engine;
using Identity.Verification.Reports;

namespace Identity.Verification.Packages;

/// <summary>
/// The time that a package states is the word of who made it, who can choose one at which a revoked certificate was still good. So what passes
/// as of that time alone is undecided, in every part of the report that a machine may read.
/// </summary>
public static class StatedTime
{
    /// <summary>The advice of a report that would have passed.</summary>
    public const string AdviceKey = "advice-give-time";

    private static readonly string Undecided = Indication.Indeterminate.TotalWord();

    // EN 319 102-1 table 5 has no word for it.
    private static readonly string Why = SubIndication.Custom.Word();

    public static ValidationReport NotBelieved(ValidationReport report) => report with
    {
        Conclusion = report.Conclusion == Indication.Passed.TotalWord() ? Undecided : report.Conclusion,
        Signatures = [.. report.Signatures.Select(NotBelieved)],
        HoldsUntil = null,
        Advice = report.HasPassed ? [BuildReport.Message(ValidationMessage.Warning(AdviceKey))] : report.Advice,
    };

    private static SignatureReport NotBelieved(SignatureReport signature)
    {
        var less = signature with
        {
            Timestamps = [.. signature.Timestamps.Select(one => Passed(one.Indication) ? one with { Indication = Undecided, SubIndication = Why } : one)],
            BestSignatureTime = null,
            SignedAfter = null,
            HoldsUntil = null,
            HoldsUntilBecause = null,
        };
        return !Passed(signature.Indication) ? less : less with
        {
            Indication = Undecided,
            SubIndication = Why,
            Messages = [BuildReport.Message(ValidationMessage.Warning("time-stated-by-package")), .. signature.Messages],
        };
    }

    private static bool Passed(string indication) => indication == Indication.Passed.Word() || indication == Indication.Passed.TotalWord();
}

using Identity.Verification.Engine;
using Identity.Verification.Reports;

namespace Identity.Verification.Outlook;

/// <summary>What the reader should do now: at most a few sentences, the most urgent first.</summary>
public static class Advice
{
    /// <summary>An archive that ends sooner than this is to be renewed now rather than some day.</summary>
    public static readonly TimeSpan RenewalDue = TimeSpan.FromDays(180);

    /// <param name="report">Whole but for the advice.</param>
    /// <param name="controlTime">The moment as of which was validated.</param>
    public static IReadOnlyList<ValidationMessage> Of(ValidationReport report, HoldsUntil? holdsUntil, DateTimeOffset controlTime)
    {
        if (report.HasPassed)
            return Lasting(report, holdsUntil, controlTime);
        return PlainAnswer.Of(report).Key switch
        {
            "error" => Unread(report.Error!),
            "none" => [ValidationMessage.Information("advice-ask-for-signature")],
            "only-timestamps" => [ValidationMessage.Information("advice-ask-for-signature")],
            "changed" => Changed(report),
            "bytes-changed" => [ValidationMessage.Error("advice-ask-for-file-again")],
            "broken" => [ValidationMessage.Error("advice-do-not-rely")],
            "untrusted" => [ValidationMessage.Warning("advice-find-out-issuer")],
            "later" => [ValidationMessage.Warning("advice-try-later")],
            "revoked" => [ValidationMessage.Error("advice-ask-to-sign-again")],
            "expired" => [ValidationMessage.Warning("advice-ask-for-proof-of-time")],
            "weak" => [ValidationMessage.Warning("advice-ask-to-sign-again")],
            _ => [ValidationMessage.Warning("advice-ask-signer")],
        };
    }

    private static IReadOnlyList<ValidationMessage> Lasting(ValidationReport report, HoldsUntil? holdsUntil, DateTimeOffset controlTime)
    {
        if (holdsUntil is not { Moment: var end })
            return [ValidationMessage.Information("advice-keep")];
        // A signature with all its validation data can be renewed as long as it holds; others need them added while issuers still answer.
        var isKept = report.Signatures.Where(signature => signature.IsSignature).All(signature => signature.Level is { } level
            && (level.EndsWith("-LTA", StringComparison.Ordinal) || level.EndsWith("-LT", StringComparison.Ordinal) || level == "PAdES-LTV"));
        var key = isKept ? "advice-renew-archive" : "advice-add-validation-data";
        return [end - controlTime < RenewalDue ? ValidationMessage.Warning(key, end.UtcDateTime) : ValidationMessage.Information(key, end.UtcDateTime)];
    }

    private static IReadOnlyList<ValidationMessage> Changed(ValidationReport report)
    {
        var signed = report.Signatures.Where(signature => signature is { IsSignature: true, Integrity: "changed", Revision: not null }).Select(signature => signature.Revision!.Value).ToList();
        return signed.Count == 0
            ? [ValidationMessage.Error("advice-do-not-rely")]
            : [ValidationMessage.Error("advice-read-signed-state", signed.Min()), ValidationMessage.Warning("advice-ask-who-changed")];
    }

    private static IReadOnlyList<ValidationMessage> Unread(ReportError error) => error.Code switch
    {
        "encrypted" when error.Password is not null => [ValidationMessage.Warning("advice-give-password")],
        "encrypted" => [ValidationMessage.Warning("advice-ask-unencrypted")],
        "ambiguous" => [ValidationMessage.Error("advice-ask-for-plain-file")],
        "too-large" or "unsupported" => [ValidationMessage.Warning("advice-ask-for-plain-file")],
        "timeout" => [ValidationMessage.Warning("advice-try-later")],
        // Of this machine, not of the document.
        "unreadable" => [],
        _ => [ValidationMessage.Warning("advice-ask-for-file-again")],
    };
}

using System.Globalization;
using System.Text;
using Identity.Web;

namespace Identity.Verification.Reports;

/// <summary>The report as a few lines for a terminal. Foreign text is cleaned, so that a name cannot give orders to the terminal.</summary>
public static class CommandLineText
{
    public static string Render(ValidationReport report)
    {
        var text = new StringBuilder();
        Line(text, 0, $"{Clean(report.File)}: {(report.Error is { } error ? "not read: " + Clean(error.Message) : report.Conclusion)}{(report.TimeStatedBy is { } who ? $", as of {report.ValidationTime}, stated by the {who}" : "")}");
        if (report.Error is not null)
        {
            Advise(text, report);
            return text.ToString();
        }
        Line(text, 1, PlainAnswer.Of(report).Title(CultureInfo.InvariantCulture));
        foreach (var signature in report.Signatures)
        {
            var verdict = signature.SubIndication is { } why ? $"{signature.Indication}/{why}" : signature.Indication;
            Line(text, 1, $"{Clean(signature.Field)} [{signature.Kind}] {verdict}, {signature.Integrity}{(signature.Level is { } level ? ", " + level : "")}");
            Line(text, 2, $"{(signature.SignerKind == SignerKind.Organisation ? "sealed by" : "by")} {Clean(signature.SignedBy ?? "unknown")}, {When(signature)}");
            if (signature.SignedAfter is { } after)
                Line(text, 2, $"not earlier than {after} (a time-stamp is signed with it)");
            if (signature.HoldsUntil is { } until)
                Line(text, 2, $"can be verified until {until}: {signature.HoldsUntilBecause!.Text}");
            foreach (var message in signature.Messages)
                Line(text, 2, $"{message.Severity}: {message.Text}");
        }
        foreach (var revision in report.Revisions.Where(revision => revision.Changes.Count > 0))
        {
            Line(text, 1, FormattableString.Invariant($"revision {revision.Number}: {revision.Kind}"));
            foreach (var change in revision.Changes)
                Line(text, 2, change.Text);
        }
        Advise(text, report);
        foreach (var other in report.OtherPrograms)
            Line(text, 1, $"other programs: {other.Text}");
        return text.ToString();
    }

    private static void Advise(StringBuilder text, ValidationReport report)
    {
        foreach (var advice in report.Advice)
            Line(text, 1, $"to do: {advice.Text}");
    }

    private static string When(SignatureReport signature) => signature switch
    {
        { BestSignatureTime: { } proven } => $"not later than {proven} (time-stamped)",
        { ClaimedSigningTime: { } claimed } => $"at {claimed} as the signer states",
        _ => "time unknown",
    };

    private static void Line(StringBuilder text, int indent, string line) => text.Append(' ', indent * 2).Append(line).Append('\n');

    private static string Clean(string foreign) => SafeText.ForDisplay(foreign);
}

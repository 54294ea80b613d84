using Identity.Pdf.Signatures;
using Identity.Verification.Engine;

namespace Identity.Verification.OtherPrograms;

/// <summary>Mail gateways that disarm content, print drivers and programs that save as new write the whole file again: every offset moves and no signature survives.</summary>
internal static class RewrittenOnTheWay
{
    // The signature still stands in the file, but not where its ByteRange says, and nothing was appended: the file was written anew.
    public static ValidationMessage? Of(Examined examined) => examined.Judged is { } judged && judged.Data.Document.Revisions.Count == 1
        && judged.Data.Signatures.Any(facts => facts.Dictionary.ByteRange is ByteRangeCheck.Unsound { Defect: ByteRangeDefect.GapIsNotContents or ByteRangeDefect.BeyondEndOfFile })
        ? ValidationMessage.Warning("other-rewritten")
        : null;
}

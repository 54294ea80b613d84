using Identity.Pdf.Signatures;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes;

/// <summary>All that happened to a document after the revision that a signature covers, and what of it the signatures do not permit.</summary>
public sealed record ChangesAfterSignature(ChangeKind Worst, IReadOnlyList<ValidationMessage> NotPermitted)
{
    /// <summary>Messages of a signature; the revisions list has all.</summary>
    public const int ListedMessages = 20;

    public static ChangesAfterSignature Of(SignatureDictionary signature, IReadOnlyList<RevisionChanges> revisions, IReadOnlyList<SignatureDictionary> signatures)
    {
        if (signature.ByteRange is not ByteRangeCheck.Sound { CoveredRevision: { } covered })
            return new ChangesAfterSignature(ChangeKind.None, []);
        var permissions = ChangePermissions.AfterRevision(covered, signatures);
        var worst = ChangeKind.None;
        var refused = new List<ValidationMessage>();
        foreach (var revision in revisions.Where(revision => revision.Number > covered))
        {
            worst = revision.Kind > worst ? revision.Kind : worst;
            foreach (var change in revision.Changes)
            {
                if (permissions.Refuse(change) is { } why && refused.Count < ListedMessages && !refused.Contains(why))
                    refused.Add(why);
            }
            // What the list had no room for counts by the revision's worst.
            if (revision.Unlisted > 0 && refused.Count == 0 && revision.Kind > ChangeKind.Archival)
                refused.Add(ValidationMessage.Error("more-changes", revision.Unlisted));
        }
        return new ChangesAfterSignature(worst, refused);
    }
}

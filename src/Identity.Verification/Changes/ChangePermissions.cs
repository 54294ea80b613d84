using Identity.Pdf.Signatures;
using Identity.Verification.Changes.Rules;
using Identity.Verification.Engine;

namespace Identity.Verification.Changes;

/// <summary>What may happen to a document after a signature: the author's DocMDP and the fields locked by signatures (ISO 32000-2 12.8.2).</summary>
public sealed class ChangePermissions
{
    private readonly int? certified;
    private readonly IReadOnlyList<SignatureReference.FieldMdp> locks;

    private ChangePermissions(int? certified, IReadOnlyList<SignatureReference.FieldMdp> locks) => (this.certified, this.locks) = (certified, locks);

    /// <summary>The strictest of all that the signatures in the covered part of the file ask for: a later one cannot loosen an earlier one.</summary>
    public static ChangePermissions AfterRevision(int revision, IEnumerable<SignatureDictionary> signatures)
    {
        var made = signatures.Where(signature => signature.Revision <= revision).ToList();
        var covered = made.SelectMany(signature => signature.References).ToList();
        var levels = covered.OfType<SignatureReference.DocMdp>().Select(reference => reference.Permission).ToList();
        // 12.7.5.5 table 236: who signs a field whose lock permits nothing closes the document. The other values grant nothing of their own.
        if (made.Any(signature => signature.LockPermission == 1))
            levels.Add(1);
        // What is meant to restrict and cannot be understood, permits nothing.
        if (covered.Any(reference => reference is SignatureReference.Other { TransformMethod: "DocMDP" }))
            levels.Add(0);
        // 12.8.2.2 table 257: a value that is none of the three permits nothing.
        int? strictest = levels.Count == 0 ? null : levels.Any(level => level is < 1 or > 3) ? 1 : levels.Min();
        var locks = covered.Select(reference => reference switch
        {
            SignatureReference.FieldMdp known => known,
            SignatureReference.Other { TransformMethod: "FieldMDP" } => new SignatureReference.FieldMdp("", []),
            _ => null,
        });
        return new ChangePermissions(strictest, [.. locks.OfType<SignatureReference.FieldMdp>()]);
    }

    /// <summary>Null when the change is permitted; otherwise why not.</summary>
    public ValidationMessage? Refuse(DocumentChange change) => change.Kind switch
    {
        ChangeKind.None or ChangeKind.Archival => null,
        ChangeKind.Signature => RefuseSignature(change),
        ChangeKind.Form => RefuseForm(change),
        // Only a certification that permits annotations makes them expected. An approval signature says nothing of them, and a note
        // can cover what was signed: so they are named as a change, not waved through.
        ChangeKind.Annotation when certified == 3 && change.LooksLikeContent => ValidationMessage.Error("certified-annotation-like-content", change.Page ?? 0),
        ChangeKind.Annotation when certified == 3 => null,
        ChangeKind.Annotation or ChangeKind.Content or ChangeKind.Suspicious => change.Message,
        _ => throw new InvalidOperationException($"no permission for {change.Kind}"),
    };

    private ValidationMessage? RefuseSignature(DocumentChange change) => certified switch
    {
        // 12.8.2.2: a certification is the first signature; one that comes after another tries to change its terms.
        _ when change.Message.Key == PermissionsSet.CertificationAdded => change.Message with { Severity = Severity.Error },
        1 => ValidationMessage.Error("certified-no-changes"),
        // A new visible field is new content on a page; research on certified documents shows it covering text.
        2 or 3 when change.Message.Key == NewSignatureField.VisibleSignatureAdded => ValidationMessage.Error("certified-no-visible-signature", change.Page ?? 0),
        _ => null,
    };

    private ValidationMessage? RefuseForm(DocumentChange change)
    {
        if (certified == 1)
            return ValidationMessage.Error("certified-no-changes");
        // What belongs to no field, or to one without a name, such as defaults of the form, is shown by all of them.
        if (string.IsNullOrEmpty(change.Field))
            return locks.Count > 0 ? ValidationMessage.Error("locked-field-changed", "*") : null;
        return locks.Any(mdp => Locks(mdp, change.Field)) ? ValidationMessage.Error("locked-field-changed", change.Field) : null;
    }

    // 12.8.2.4 table 258: a name stands for the field and all below it. 12.7.4.1: what is above a field is inherited by it.
    private static bool Locks(SignatureReference.FieldMdp mdp, string field)
    {
        var named = mdp.Fields.Any(name => Landmarks.IsAtOrBelow(field, name));
        return mdp.Action switch
        {
            "Include" => named || mdp.Fields.Any(name => Landmarks.IsAtOrBelow(name, field)),
            "Exclude" => !named,
            // All, and what cannot be understood.
            _ => true,
        };
    }
}

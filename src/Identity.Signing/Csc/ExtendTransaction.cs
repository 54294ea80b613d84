using System.Text.Json.Nodes;
using Identity.Audit;

namespace Identity.Signing.Csc;

/// <summary>
/// credentials/extendTransaction (CSC API v2 11.9): what a person has approved at once is signed in several calls of signHash. The current SAD, used or not, is exchanged
/// for one that is bound to the hashes that are named, which must be approved and unsigned. Nothing that the person has not seen can be added, and nothing lasts longer than they
/// were told: 1. the parameters; 2. the credential is this person's and program's; 3. the SAD is current, and its transaction has these hashes left; 4. the beginning is
/// audited; of an approval that nobody has used, it is taken; 5. the exchange; 6. its end is audited.
/// </summary>
internal sealed class ExtendTransaction(SignHash signHash, SigningTransactions transactions, AuditLog audit, TimeProvider time)
{
    public async Task<JsonObject> Run(CscAuthorization authorization, CscBody body, CancellationToken cancellation)
    {
        var credentialId = body.Required("credentialID", SignHash.LongestIdentifier);
        var hashes = SignHash.Hashes(body);
        SignHash.CheckHashes(body, hashes);
        var record = await signHash.Find(authorization, credentialId, cancellation);
        var presented = await transactions.Present(authorization, record, cancellation);
        SigningTransactions.Demand(presented.Transaction.JudgeExtension(presented.Given, hashes, time.GetUtcNow()), SignHash.NotAuthorized);

        var operation = audit.Begin(new TransactionExtension(credentialId, presented.Transaction.Stored.ApprovalId, hashes.Count));
        var outcome = "internal_error";
        try
        {
            var next = "";
            var use = await transactions.Begin(presented) ? presented.Transaction.Extend(presented.Given, hashes, time.GetUtcNow(), out next) : SadUse.Invalid;
            outcome = use == SadUse.Accepted ? null : "sad_not_current";
            SigningTransactions.Demand(use, SignHash.NotAuthorized);
            var left = (int)(presented.Transaction.Expires - time.GetUtcNow()).TotalSeconds;
            return new JsonObject { ["SAD"] = next, ["expiresIn"] = Math.Max(left, 0) };
        }
        finally
        {
            operation.Complete(outcome switch { null => AuditOutcome.Succeeded, "sad_not_current" => AuditOutcome.Refused, _ => AuditOutcome.Failed }, outcome);
        }
    }
}

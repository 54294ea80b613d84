namespace Identity.Signing.Csc;

/// <summary>A SAD that came with a call, judged and not used yet.</summary>
/// <param name="Given">Of extendTransaction; null: the token of the approval.</param>
/// <param name="IsNew">The first use of the approval: it is yet to be taken.</param>
internal sealed record PresentedSad(LiveCredential Credential, SigningTransaction Transaction, string? Given, bool IsNew);

/// <summary>
/// Finds what a SAD stands for: an approval that nobody has used, whose evidence is verified then, or the transaction that its first use began. The first use takes the
/// approval in the database, so it is one over all copies of the service and over every crash; what follows is in memory, where the key is.
/// </summary>
internal sealed class SigningTransactions(SessionCredentials credentials, SadVerification sads, CredentialRecords records)
{
    public async Task<PresentedSad> Present(CscAuthorization authorization, RemoteCredential record, CancellationToken cancellation)
    {
        var live = credentials.Find(record.CredentialId);
        if (authorization.ExtendedSad is { } given)
        {
            if (live is null)
                throw new CscRefusedException(CscError.Disabled);
            return live.Transaction is { } begun && begun.IsOf(authorization)
                ? new PresentedSad(live, begun, given, IsNew: false)
                : throw new CscRefusedException(CscError.Invalid("SAD"));
        }

        if (live?.Transaction is { } own && authorization.ApprovalId == own.Stored.ApprovalId && own.IsOf(authorization))
            return new PresentedSad(live, own, null, IsNew: false);
        var sad = await sads.Verify(authorization, record.CredentialId, verified => Judge(verified, record), cancellation);
        return live is not null
            ? new PresentedSad(live, new SigningTransaction(sad, record, authorization.Token.KeyThumbprint), null, IsNew: true)
            : throw new CscRefusedException(CscError.Disabled);
    }

    /// <summary>False when another call has taken the approval. Somebody who leaves now changes nothing.</summary>
    public async Task<bool> Begin(PresentedSad presented)
    {
        if (!presented.IsNew)
            return true;
        if (!await records.Take(presented.Transaction.Stored, CancellationToken.None))
            return false;
        presented.Credential.Transaction = presented.Transaction;
        return true;
    }

    public static void Demand(SadUse use, string notAuthorized)
    {
        switch (use)
        {
            case SadUse.Accepted:
                return;
            case SadUse.Expired:
                throw new CscRefusedException(CscError.InvalidRequest("SAD expired"));
            case SadUse.NotAuthorized:
                throw new CscRefusedException(CscError.InvalidRequest(notAuthorized));
            default:
                throw new CscRefusedException(CscError.Invalid("SAD"));
        }
    }

    private static void Judge(Keys.Activation.VerifiedApproval verified, RemoteCredential record)
    {
        if (verified.Person.Identifier != record.PersonIdentifier)
            throw new CscRefusedException(CscError.Invalid("SAD"));
        if (verified.Structure.Credential != record.CredentialId)
            throw new CscRefusedException(CscError.Invalid("credentialID"));
    }
}

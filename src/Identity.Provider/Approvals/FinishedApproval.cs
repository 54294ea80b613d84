namespace Identity.Provider.Approvals;

/// <summary>
/// A person's verified approval of one authorization request, with what a stranger needs to verify it again. Kept in Redis under the
/// request until its code is made; taken once.
/// </summary>
/// <param name="RequestKey">The authorization request that asked for it.</param>
/// <param name="PersonId">Internal pseudonym of the person who approved.</param>
/// <param name="SessionId">The session in which it was approved.</param>
/// <param name="Structure">Canonical bytes of Identity.Keys.Activation's ApprovalStructure; the challenge was their SHA-256.</param>
/// <param name="Expires">Not to be used from this moment on.</param>
/// <param name="RpId">WebAuthn relying party id.</param>
/// <param name="Origin">Origin in the client data.</param>
/// <param name="CredentialId">The passkey used.</param>
/// <param name="PublicKey">COSE_Key of the passkey as registered.</param>
/// <param name="ClientDataJson">As signed (by its hash).</param>
/// <param name="AuthenticatorData">As signed.</param>
/// <param name="Signature">The assertion's signature.</param>
public sealed record FinishedApproval(
    string RequestKey, string PersonId, string SessionId, byte[] Structure, DateTimeOffset Expires, string RpId, string Origin,
    byte[] CredentialId, byte[] PublicKey, byte[] ClientDataJson, byte[] AuthenticatorData, byte[] Signature);

namespace Identity.Audit;

// Every event of every service, one record each, sorted by service. To add one: write the record here; nothing else is needed.
// Names are `service.subject-verb`; once released, a name and its members keep their meaning.
// `Person` is always the Provider's internal random id, `Subject` a pairwise subject: never a national identifier.

// ---- Audit: the log itself -------------------------------------------------------------------------------------------------

/// <summary>First record of each run of a service: a new process writes from here.</summary>
public sealed record LogOpened(string Instance) : AuditEvent("audit.log-opened");

/// <summary>A crash left an incomplete last line, which nobody had been told was written; it was cut off.</summary>
public sealed record TornLineRemoved(long Bytes, string Sha256) : AuditEvent("audit.torn-line-removed");

// ---- Provider --------------------------------------------------------------------------------------------------------------

/// <summary>A person is enrolled with a code and gets a passkey.</summary>
public sealed record PersonEnrolment(string Person) : AuditEvent("provider.person-enrolment");

/// <summary>A passkey is registered for a person. <c>Credential</c>: SHA-256 of the credential id.</summary>
public sealed record PasskeyRegistration(string Person, string Credential) : AuditEvent("provider.passkey-registration");

/// <summary>What a registered passkey is worth, and by which attestation. <c>Aaguid</c>: model of the authenticator, as it says itself.</summary>
public sealed record PasskeyAttestation(string Person, string Credential, string Format, string Aaguid, string AssuranceLevel) : AuditEvent("provider.passkey-attestation");

/// <summary>A person removes one of their passkeys.</summary>
public sealed record PasskeyRemoval(string Person, string Credential) : AuditEvent("provider.passkey-removal");

/// <summary>A person signs in with a passkey.</summary>
public sealed record SignIn(string Person, string Credential, string AssuranceLevel) : AuditEvent("provider.sign-in");

/// <summary>A sign-in was refused; the person may be unknown.</summary>
public sealed record SignInRefused(string? Person, string Reason) : AuditEvent("provider.sign-in-refused");

/// <summary>
/// A browser's authorization request was answered at the Provider, with a page: no such client, an address that is not registered, a request that waits in another
/// browser, or a bad request_uri. <c>Client</c>: null unless registered.
/// </summary>
public sealed record AuthorizationRefused(string? Client, string Reason) : AuditEvent("provider.authorization-refused");

/// <summary>Somebody who claims to be a client was refused: a bad assertion, or an address to come back to that is not registered. <c>Client</c>: null unless registered.</summary>
public sealed record ClientRefused(string? Client, string Reason) : AuditEvent("provider.client-refused");

/// <summary>More refusals than <c>Limit</c> came within one minute; the further ones are in the operator's log only.</summary>
public sealed record RefusalsUnrecorded(int Limit) : AuditEvent("provider.refusals-unrecorded");

/// <summary>A client is registered. <c>Origin</c>: command or registration (RFC 7591); clients of the settings are in the settings.</summary>
public sealed record ClientAddition(string Client, string Origin, string Profile) : AuditEvent("provider.client-addition");

/// <summary>A client's registration changes. <c>Change</c>: secret, keys, disabled, enabled or removed.</summary>
public sealed record ClientChange(string Client, string Change) : AuditEvent("provider.client-change");

/// <summary>A token is made or revoked with which clients register themselves. <c>Change</c>: issued or revoked.</summary>
public sealed record InitialAccessTokenChange(string Token, string Change) : AuditEvent("provider.initial-access-token-change");

/// <summary>A client registers itself with such a token.</summary>
public sealed record InitialAccessTokenUse(string Token, string Client) : AuditEvent("provider.initial-access-token-use");

/// <summary>A person ends the session of this browser.</summary>
public sealed record SignOut(string Person) : AuditEvent("provider.sign-out");

/// <summary>An operator disables a person: no sign-in, session or token of theirs counts until they are enabled.</summary>
public sealed record PersonDisabling(string Person) : AuditEvent("provider.person-disabling");

/// <summary>An operator enables a disabled person.</summary>
public sealed record PersonEnabling(string Person) : AuditEvent("provider.person-enabling");

/// <summary>A login session ends. <c>Session</c>: its sid, which opens nothing. <c>Person</c>: null when that is no longer known.</summary>
public sealed record SessionEnd(string? Person, string Session, string Reason) : AuditEvent("provider.session-end");

/// <summary>A person agrees that an agency gets the named claims.</summary>
public sealed record ConsentGrant(string Person, string Client, string Claims) : AuditEvent("provider.consent-grant");

/// <summary>A person answers what a device asked for. <c>Claims</c>: names of what was allowed.</summary>
public sealed record DeviceAuthorizationAnswer(string Person, string Client, bool Allowed, string Claims) : AuditEvent("provider.device-authorization-answer");

/// <summary>An operator changes which keys sign tokens. <c>Change</c>: announced, published, active, retired, compromised or removed.</summary>
public sealed record TokenKeyChange(string Key, string Change) : AuditEvent("provider.token-key-change");

/// <summary>An instance follows a changed plan of keys from here on. Names of the keys that sign, and of those that are compromised.</summary>
public sealed record TokenKeysFollowed(string Signing, string Compromised) : AuditEvent("provider.token-keys-followed");

/// <summary>Tokens go to a client for a person (or for itself, then without subject).</summary>
public sealed record TokenIssue(string Client, string? Subject, string Grant) : AuditEvent("provider.token-issue");

/// <summary>All tokens of one login are ended: one came a second time, the client gave them back, or the session ended. <c>Authorization</c>: random, of that login.</summary>
public sealed record AuthorizationRevocation(string Authorization) : AuditEvent("provider.authorization-revocation");

/// <summary>A client gives one access token back.</summary>
public sealed record TokenRevoked(string Client) : AuditEvent("provider.token-revoked");

/// <summary>A person approves a signature with their passkey. <c>Challenge</c>: hash of the canonical approval structure.</summary>
public sealed record ApprovalDecision(string Approval, string Person, string Client, string Challenge) : AuditEvent("provider.approval-decision");

/// <summary>The evidence of an approval goes to the client that asked.</summary>
public sealed record ApprovalEvidenceIssue(string Approval, string Client) : AuditEvent("provider.approval-evidence-issue");

/// <summary>Signing may have this key certified for this person. <c>KeySha256</c>: of its SubjectPublicKeyInfo, base64url.</summary>
public sealed record PersonStatementIssue(string Person, string Client, string KeySha256) : AuditEvent("provider.person-statement-issue");

// ---- Authority -------------------------------------------------------------------------------------------------------------

/// <summary>A certificate is signed: for a person's key, then for an approval, or for an organisation's or a service's.</summary>
public sealed record CertificateIssue(string? Approval, string Serial, string Issuer) : AuditEvent("authority.certificate-issue");

/// <summary>A request for a certificate was refused before anything was signed.</summary>
public sealed record CertificateRefused(string? Approval, string Reason) : AuditEvent("authority.certificate-refused");

/// <summary>An issuance that was cut short is closed: what may have been signed counts as never issued and is revoked.</summary>
public sealed record CertificateAbandoned(string Serial, string Issuer) : AuditEvent("authority.certificate-abandoned");

/// <summary>A ceremony uses a key of the Authority: `made` in it, or `found` in the key ring or token where somebody made it before. <c>KeySha256</c>: of its SubjectPublicKeyInfo.</summary>
public sealed record CeremonyKey(string Key, string Origin, string KeySha256) : AuditEvent("authority.ceremony-key");

/// <summary>A ceremony was held. <c>Record</c>: SHA-256 of its written record, which names who attended and what was made.</summary>
public sealed record CeremonyHeld(string Kind, string Record) : AuditEvent("authority.ceremony-held");

/// <summary>A certificate is revoked.</summary>
public sealed record CertificateRevocation(string Serial, string Reason) : AuditEvent("authority.certificate-revocation");

/// <summary>A revocation list is signed.</summary>
public sealed record RevocationListIssue(string Issuer, long Number) : AuditEvent("authority.revocation-list-issue");

/// <summary>A time-stamp is signed.</summary>
public sealed record TimestampIssue(string Serial, string Imprint) : AuditEvent("authority.timestamp-issue");

// ---- Signing ---------------------------------------------------------------------------------------------------------------

/// <summary>A document is taken in to be signed.</summary>
public sealed record SigningRequestReceived(string Request, string Requester, string DocumentSha256) : AuditEvent("signing.request-received");

/// <summary>Evidence of an approval is stored.</summary>
public sealed record EvidenceStored(string Request, string Approval) : AuditEvent("signing.evidence-stored");

/// <summary>The proof of an approval is handed out: to the agency, the person (pairwise subject), or the operator.</summary>
public sealed record EvidenceDelivered(string Request, string Approval, string Recipient) : AuditEvent("signing.evidence-delivered");

/// <summary>A document is signed with a key made for one approval.</summary>
public sealed record DocumentSigning(string Request, string Approval, string DocumentSha256) : AuditEvent("signing.document-signing");

/// <summary>A document is sealed with an organisation's key, for an agency that may; no person takes part.</summary>
public sealed record DocumentSealing(string Seal, string Agency, string DocumentSha256) : AuditEvent("signing.document-sealing");

/// <summary>A sealed document is given out. <c>Seal</c>: of several, all, in the order in which they were made.</summary>
public sealed record SealedDocumentDelivered(string Seal, string To, string DocumentSha256) : AuditEvent("signing.sealed-document-delivered");

/// <summary>The stored bytes of a document are not those that were received or signed. <c>DocumentSha256</c>: of the bytes as they were then.</summary>
public sealed record DocumentFoundChanged(string Request, string DocumentSha256) : AuditEvent("signing.document-found-changed");

/// <summary>A signature that was begun before the service stopped is called failed.</summary>
public sealed record SigningInterrupted(string Request, string Approval) : AuditEvent("signing.signing-interrupted");

/// <summary>A signature was made, and is kept until time-stamps and the status of certificates can be had for the level that was asked for.</summary>
public sealed record SignatureWaits(string Request, string Approval, string Obstacle) : AuditEvent("signing.signature-waits");

/// <summary>A kept signature came to its level, or was given up. <c>Result</c>: signed, or the reason.</summary>
public sealed record WaitingSignatureEnded(string Request, string Approval, string Result) : AuditEvent("signing.waiting-signature-ended");

/// <summary>A person's key was made for one approval, and can sign its documents and nothing else. <c>KeySha256</c>: of its SubjectPublicKeyInfo, base64url.</summary>
public sealed record PersonKeyMade(string Approval, string KeySha256) : AuditEvent("signing.person-key-made");

/// <summary>A person's key was destroyed after its one signature, or without having made one.</summary>
public sealed record PersonKeyDestroyed(string Approval) : AuditEvent("signing.person-key-destroyed");

/// <summary>A signed document is given out.</summary>
public sealed record SignedDocumentDelivered(string Request, string To, string DocumentSha256) : AuditEvent("signing.signed-document-delivered");

/// <summary>The signatures of a document that an agency brought are raised to a level, or its archive renewed. <c>Agency</c>: client_id.</summary>
public sealed record DocumentExtension(string Extension, string Agency, string DocumentSha256) : AuditEvent("signing.document-extension");

/// <summary>Several people are asked to sign one document. <c>Requester</c>: client_id.</summary>
public sealed record CeremonyReceived(string Ceremony, string Requester, string DocumentSha256) : AuditEvent("signing.ceremony-received");

/// <summary>A signer of a ceremony was given the document as it stood then.</summary>
public sealed record CeremonyRequestMade(string Ceremony, string Place, string Request, string DocumentSha256) : AuditEvent("signing.ceremony-request-made");

/// <summary>A signer of a ceremony declined.</summary>
public sealed record CeremonyPlaceDeclined(string Ceremony, string Place) : AuditEvent("signing.ceremony-place-declined");

/// <summary>The archive pass over all signatures of a ceremony.</summary>
public sealed record CeremonyArchiving(string Ceremony, string DocumentSha256) : AuditEvent("signing.ceremony-archiving");

/// <summary>An agency was told of an event of a ceremony, or could not be. <c>Event</c>: its identifier.</summary>
public sealed record CeremonyEventTold(string Ceremony, string Event, string Kind, bool Delivered) : AuditEvent("signing.ceremony-event-told");

/// <summary>A ceremony came to its end.</summary>
public sealed record CeremonyEnded(string Ceremony, string Result) : AuditEvent("signing.ceremony-ended");

/// <summary>A key was certified for a person's session of remote signing. <c>Credential</c>: SHA-256 of the certificate, base64url.</summary>
public sealed record CredentialCertification(string Credential, string Client) : AuditEvent("signing.credential-certification");

/// <summary>The evidence of an approval of a credential's signatures was stored.</summary>
public sealed record CredentialEvidenceStored(string Credential, string Approval) : AuditEvent("signing.credential-evidence-stored");

/// <summary>A credential signs the hashes of its approval. <c>Signatures</c>: how many.</summary>
public sealed record HashSigning(string Credential, string Approval, int Signatures) : AuditEvent("signing.hash-signing");

/// <summary>The SAD of an approval is exchanged for one that is bound to fewer of its hashes. <c>Signatures</c>: how many.</summary>
public sealed record TransactionExtension(string Credential, string Approval, int Signatures) : AuditEvent("signing.transaction-extension");

/// <summary>A key was made for a person's session of remote signing, which nobody has certified yet. <c>KeySha256</c>: of its SubjectPublicKeyInfo, base64url.</summary>
public sealed record CredentialKeyMade(string KeySha256) : AuditEvent("signing.credential-key-made");

/// <summary>A key that was made for a session was destroyed before it became a credential's.</summary>
public sealed record CredentialKeyUnused(string KeySha256) : AuditEvent("signing.credential-key-unused");

/// <summary>A credential's key was destroyed: after its last signature, at the end of its approval or certificate, or because the service stops.</summary>
public sealed record CredentialKeyDestroyed(string Credential, string Reason) : AuditEvent("signing.credential-key-destroyed");

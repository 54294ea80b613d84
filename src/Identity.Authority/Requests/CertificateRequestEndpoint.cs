using System.Text.Json;
using Identity.Audit;
using Identity.Authority.Issuance;
using Identity.Authority.Issuance.Lint;
using Identity.Authority.Issuers;
using Identity.Authority.Storage;
using Identity.Keys;
using Identity.Keys.Activation;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Authority.Requests;

/// <summary>
/// POST /certificates: one certificate for one approval, asked for by the one registered client, on evidence that is verified here; or, on the Provider's
/// statement about a person who is signed in, one for one session of remote signing, which says so of itself.
/// </summary>
public sealed partial class CertificateRequestEndpoint(RequestToken tokens, EvidenceKeys evidenceKeys, IssuanceCycle issuance, AuthorityKeys keys, AuthoritySettings settings,
    AuditLog audit, TimeProvider time, ILogger<CertificateRequestEndpoint> log)
{
    /// <summary>Octets: evidence of at most 256 kB and a request of at most 16 kB in base64.</summary>
    public const int MaxBody = 288 * 1024;

    public async Task<IResult> Post(HttpContext context)
    {
        var cancellation = context.RequestAborted;
        if (await RequestBody.ReadAtMost(context.Request, MaxBody, cancellation) is not { } body)
            return Refuse(StatusCodes.Status413PayloadTooLarge, "invalid_request", "The request is too large.");
        try
        {
            return await Decide(context.Request.Headers.Authorization, body, cancellation);
        }
        catch (EvidenceKeysUnavailableException problem)
        {
            LogUnavailable(problem);
        }
        catch (Exception problem) when (AuthorityStores.Outage(problem) is not null)
        {
            LogUnavailable(problem);
        }
        context.Response.Headers.RetryAfter = "5";
        return Refuse(StatusCodes.Status503ServiceUnavailable, "unavailable", "Try again later.");
    }

    private async Task<IResult> Decide(string? authorization, byte[] body, CancellationToken cancellation)
    {
        // 1. Who asks, and that this token speaks for this body once.
        var refusal = await tokens.Verify(authorization, body, cancellation);
        if (refusal != RequestTokenRefusal.None)
        {
            LogClientRefused(refusal);
            return Refuse(StatusCodes.Status401Unauthorized, "invalid_client", "The request token is not accepted.");
        }
        // 2. What is asked.
        if (Read(body) is not var (evidence, isStatement, csr)) return Refused(null, StatusCodes.Status400BadRequest, "invalid_request", "The body is not as described.");
        if (isStatement) return await DecideStatement(evidence, csr, cancellation);
        // 3. That the person approved: judged here, from the evidence and the Provider's published keys alone.
        var verification = await VerifyEvidence(evidence, cancellation);
        if (verification is ApprovalVerification.Refused { Reason: var reason }) return RefuseEvidence(reason);
        var approval = ((ApprovalVerification.Verified)verification).Approval;
        // 4. That the key is of the right kind and in the hands of who asks.
        var id = approval.Structure.Approval;
        // A credential's certificate came before its approval.
        if (approval.Structure.Credential is not null) return RefuseEvidence(ApprovalRefusal.WrongDocuments);
        if (ReadKey(csr, settings.Person) is not { } key)
            return Refused(id, StatusCodes.Status400BadRequest, "invalid_request", "The certification request is not one of a key that is certified here and proves possession.");
        // 5. Once per approval.
        return Answer(await issuance.Issue(approval, key, cancellation), id);
    }

    /// <summary>3. and 4. as for an approval: the statement is for this very key, so that no other can be certified with it; 5. once per statement.</summary>
    private async Task<IResult> DecideStatement(string statement, byte[] csr, CancellationToken cancellation)
    {
        if (settings.Session is not { } profile)
            return Refused(null, StatusCodes.Status400BadRequest, "invalid_request", "No credentials for sessions are certified here.");
        if (ReadKey(csr, profile) is not { } key)
            return Refused(null, StatusCodes.Status400BadRequest, "invalid_request", "The certification request is not one of a key that is certified here and proves possession.");
        var verification = await VerifyStatement(statement, key, cancellation);
        if (verification is StatementVerification.Refused { Reason: var reason })
        {
            LogEvidenceRefused(reason);
            return Refused(null, StatusCodes.Status400BadRequest, "invalid_evidence", "The statement does not hold for this key.");
        }

        var verified = (StatementVerification.Verified)verification;
        return Answer(await issuance.Issue(verified, key, cancellation), verified.Id);
    }

    private async Task<StatementVerification> VerifyStatement(string statement, SubjectPublicKey key, CancellationToken cancellation)
    {
        var verification = Verify(await evidenceKeys.Get(anew: false, cancellation));
        return verification is StatementVerification.Refused { Reason: ApprovalRefusal.UnknownKey } ? Verify(await evidenceKeys.Get(anew: true, cancellation)) : verification;

        StatementVerification Verify(string jwks) => PersonStatement.Verify(statement, jwks, settings.Provider.AbsoluteUri, settings.ClientId, key.Raw.Span, time.GetUtcNow());
    }

    private IResult Answer(IssuanceResult result, string id) => result switch
    {
        IssuanceResult.Issued issued => Answer(issued.Certificate.Certificate),
        IssuanceResult.ApprovalUsed => Refused(id, StatusCodes.Status409Conflict, "approval_used", "A certificate was asked for with this approval before."),
        IssuanceResult.KeyUsed => Refused(id, StatusCodes.Status409Conflict, "key_used", "This key was certified before."),
        _ => Refuse(StatusCodes.Status500InternalServerError, "lint_failed", "The certificate would break a rule and was not signed."),
    };

    private async Task<ApprovalVerification> VerifyEvidence(string evidence, CancellationToken cancellation)
    {
        var expectations = new ApprovalExpectations
        {
            Issuer = settings.Provider.AbsoluteUri,
            // A person approves to Signing itself, or to a program that comes to Signing with it (CSC API v2). Either way the certificate names what was approved.
            Audience = null,
            RelyingPartyId = settings.Provider.Host,
            Origins = [.. settings.ApprovalOrigins],
            Now = time.GetUtcNow(),
        };
        var verification = ApprovalEvidence.Verify(evidence, await evidenceKeys.Get(anew: false, cancellation), expectations);
        return verification is ApprovalVerification.Refused { Reason: ApprovalRefusal.UnknownKey }
            ? ApprovalEvidence.Verify(evidence, await evidenceKeys.Get(anew: true, cancellation), expectations)
            : verification;
    }

    private IResult RefuseEvidence(ApprovalRefusal reason)
    {
        LogEvidenceRefused(reason);
        return reason == ApprovalRefusal.Expired
            ? Refused(null, StatusCodes.Status400BadRequest, "approval_expired", "The approval has expired.")
            : Refused(null, StatusCodes.Status400BadRequest, "invalid_evidence", "The evidence does not prove the approval.");
    }

    private static (string Evidence, bool IsStatement, byte[] Csr)? Read(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 2, AllowDuplicateProperties = false });
            var root = json.RootElement;
            var isStatement = root.TryGetProperty("statement", out var statement);
            // One or the other.
            if (isStatement == root.TryGetProperty("evidence", out var evidence)) return null;
            return (isStatement ? statement : evidence).GetString() is { Length: > 0 } word ? (word, isStatement, root.GetProperty("csr").GetBytesFromBase64()) : null;
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    // The subject in the request is not looked at: who the person is stands in the evidence.
    private static SubjectPublicKey? ReadKey(byte[] csr, CertificateProfile profile)
    {
        try
        {
            var request = CertificationRequest.Parse(csr);
            return PublicKeyLint.AlgorithmOf(request.PublicKey) is { } kind && profile.Keys.Contains(kind) && request.VerifyPossession() == SignatureCheck.Valid ? request.PublicKey : null;
        }
        catch (MalformedException)
        {
            return null;
        }
    }

    private IResult Answer(Certificate certificate) => Results.Json(
        new
        {
            serial = certificate.SerialHex,
            certificate = Convert.ToBase64String(certificate.Raw.Span),
            chain = new[] { Convert.ToBase64String(keys.Issuing.Certificate.Raw.Span), Convert.ToBase64String(keys.Root.Raw.Span) },
        },
        statusCode: StatusCodes.Status201Created);

    private IResult Refused(string? approval, int status, string error, string description)
    {
        audit.Append(new CertificateRefused(approval, error));
        return Refuse(status, error, description);
    }

    private static IResult Refuse(int status, string error, string description) => Results.Json(new { error, error_description = description }, statusCode: status);

    [LoggerMessage(LogLevel.Warning, "A request for a certificate was refused: its token {Refusal}")]
    private partial void LogClientRefused(RequestTokenRefusal refusal);

    [LoggerMessage(LogLevel.Warning, "A request for a certificate was refused: its evidence {Refusal}")]
    private partial void LogEvidenceRefused(ApprovalRefusal refusal);

    [LoggerMessage(LogLevel.Error, "A request for a certificate could not be decided")]
    private partial void LogUnavailable(Exception problem);
}

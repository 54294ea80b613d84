using System.Buffers.Text;
using System.Security.Cryptography;
using Identity.Audit;
using Identity.Provider.Consent;
using Identity.Provider.Sessions;
using Identity.Provider.Subjects;

namespace Identity.Provider.DeviceAuthorization;

/// <summary>A person allows or refuses what a device asked for.</summary>
internal sealed class DeviceApproval(DeviceCodes codes, ConsentStore consents, PairwiseSubjects subjects, SessionRegister sessions, AuditLog audit)
{
    private const int AuthorizationIdBytes = 16;

    /// <summary>False: somebody has answered already, or the session has ended, and nothing was allowed.</summary>
    /// <param name="claims">What the person was shown, as consents have it.</param>
    public async Task<bool> Allow(DeviceState request, PersonSession session, IReadOnlyList<string> claims)
    {
        var clientId = request.Request.ClientId;
        var subject = await subjects.For(session.PersonId, clientId, CancellationToken.None);
        var answer = new DeviceAnswer(Allowed: true, session, subject, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(AuthorizationIdBytes)));
        var operation = audit.Begin(new DeviceAuthorizationAnswer(session.PersonId, clientId, Allowed: true, string.Join(' ', claims)));
        await consents.Grant(session.PersonId, clientId, claims, CancellationToken.None);
        // Before the device can get anything, so that the session's end finds it.
        var done = await sessions.AddClient(session.SessionId, new SessionClient(clientId, subject, answer.AuthorizationId)) && await codes.Answer(request, answer);
        operation.Complete(done ? AuditOutcome.Succeeded : AuditOutcome.Failed);
        return done;
    }

    /// <summary>False: somebody has answered already.</summary>
    public async Task<bool> Deny(DeviceState request, PersonSession session)
    {
        var operation = audit.Begin(new DeviceAuthorizationAnswer(session.PersonId, request.Request.ClientId, Allowed: false, ""));
        var done = await codes.Answer(request, new DeviceAnswer(Allowed: false, session, "", ""));
        operation.Complete(done ? AuditOutcome.Succeeded : AuditOutcome.Failed);
        return done;
    }
}

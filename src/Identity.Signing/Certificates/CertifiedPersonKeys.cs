using Identity.Audit;
using Identity.Keys;
using Identity.Keys.Activation;

namespace Identity.Signing.Certificates;

/// <summary>People's keys, made where the setting says, and their certificates.</summary>
public sealed class CertifiedPersonKeys(PersonKeys keys, AuthorityClient authority, AuditLog audit)
{
    /// <summary>Whether keys can be made now: asked before a person is.</summary>
    public Task<bool> Answer(CancellationToken cancellation) => Task.Run(keys.Answers, cancellation);

    /// <summary>The key of this approval, or null: the token does not answer, and nothing was made.</summary>
    public PersonKey? Make(VerifiedApproval approval)
    {
        try
        {
            var key = keys.Create(approval);
            return Said(key, new PersonKeyMade(approval.Structure.Approval, PersonStatement.KeyHash(key.SubjectPublicKeyInfo.Span)));
        }
        catch (KeyUnavailableException)
        {
            return null;
        }
    }

    public Task<CertificateAnswer> Certify(PersonKey key, string evidence, CancellationToken cancellation) => authority.Certify(key, evidence, cancellation);

    /// <summary>A key for one session of remote signing, or null: the token does not answer, and nothing was made.</summary>
    public SessionKey? MakeForSession()
    {
        try
        {
            var key = keys.CreateForSession();
            return Said(key, new CredentialKeyMade(PersonStatement.KeyHash(key.SubjectPublicKeyInfo.Span)));
        }
        catch (KeyUnavailableException)
        {
            return null;
        }
    }

    // A key that nobody can be told of is none.
    private T Said<T>(T key, AuditEvent made) where T : IDisposable
    {
        try
        {
            audit.Append(made);
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    public Task<CertificateAnswer> Certify(SessionKey key, string statement, CancellationToken cancellation) => authority.Certify(key, statement, cancellation);
}

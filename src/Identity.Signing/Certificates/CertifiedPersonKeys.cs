using Identity.Keys;
using Identity.Keys.Activation;

namespace Identity.Signing.Certificates;

/// <summary>People's keys, made where the setting says, and their certificates.</summary>
public sealed class CertifiedPersonKeys(PersonKeys keys, AuthorityClient authority)
{
    /// <summary>Whether keys can be made now: asked before a person is.</summary>
    public Task<bool> Answer(CancellationToken cancellation) => Task.Run(keys.Answers, cancellation);

    /// <summary>The key of this approval, or null: the token does not answer, and nothing was made.</summary>
    public PersonKey? Make(VerifiedApproval approval)
    {
        try
        {
            return keys.Create(approval);
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
            return keys.CreateForSession();
        }
        catch (KeyUnavailableException)
        {
            return null;
        }
    }

    public Task<CertificateAnswer> Certify(SessionKey key, string statement, CancellationToken cancellation) => authority.Certify(key, statement, cancellation);
}

using Identity.Keys.Activation;

namespace Identity.Keys;

/// <summary>Makes people's keys in one place: a hardware token, or for development this process's memory. Given by <see cref="KeyRing.PersonKeys"/> alone.</summary>
public sealed class PersonKeys
{
    /// <summary>The place that production refuses.</summary>
    public const string Software = "software";

    /// <summary>What a person's key may be.</summary>
    public static IReadOnlyList<KeyAlgorithm> Algorithms { get; } = [KeyAlgorithm.EcdsaP256, KeyAlgorithm.EcdsaP384, KeyAlgorithm.Rsa3072, KeyAlgorithm.Ed25519];

    /// <summary>That of a credential: RSA-3072 where people's keys are, otherwise P-256. Programs hand in SHA-256 hashes; Ed25519 signs none, and P-384 goes with a longer one.</summary>
    public static KeyAlgorithm OfSession(KeyAlgorithm algorithm) => algorithm == KeyAlgorithm.Rsa3072 ? KeyAlgorithm.Rsa3072 : KeyAlgorithm.EcdsaP256;

    /// <summary>How a person's key signs a hash of this length; null: not at all.</summary>
    internal static SignatureScheme? SchemeOf(KeyAlgorithm algorithm, int hashBytes) => (algorithm, hashBytes) switch
    {
        (KeyAlgorithm.EcdsaP256, 32) => SignatureScheme.EcdsaSha256,
        (KeyAlgorithm.EcdsaP384, 48) => SignatureScheme.EcdsaSha384,
        (KeyAlgorithm.Rsa3072, 32) => SignatureScheme.RsaPssSha256,
        _ => null,
    };

    private readonly Func<VerifiedApproval, PersonKey> _make;
    private readonly Func<SessionKey> _makeForSession;
    private readonly Func<bool> _answers;

    internal PersonKeys(Func<VerifiedApproval, PersonKey> make, Func<SessionKey> makeForSession, Func<bool> answers) =>
        (_make, _makeForSession, _answers) = (make, makeForSession, answers);

    /// <summary>Whether keys could be made now; takes as long as the token's time limit when it does not answer.</summary>
    public bool Answers() => _answers();

    /// <summary>Makes a person's key. A <see cref="VerifiedApproval"/> is the only thing that gives one, and it gives one only.</summary>
    /// <exception cref="KeyUnavailableException">this approval object has already given its key, or the token does not answer</exception>
    /// <exception cref="ArgumentException">the approval is for the key of a credential, which is there already</exception>
    public PersonKey Create(VerifiedApproval approval)
    {
        ArgumentNullException.ThrowIfNull(approval);
        if (approval.Structure.Credential is not null)
            throw new ArgumentException("The approval is for a credential's key; none is made for it.", nameof(approval));
        if (!approval.TakeKey())
            throw new KeyUnavailableException($"Approval '{approval.Structure.Approval}' has already given its key.");
        return _make(approval);
    }

    /// <summary>Makes a key for a session of remote signing: disabled until a verified approval of its certificate and its hashes enables it, once.</summary>
    /// <exception cref="KeyUnavailableException">the token does not answer</exception>
    public SessionKey CreateForSession() => _makeForSession();
}

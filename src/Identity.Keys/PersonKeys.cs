using Identity.Keys.Activation;

namespace Identity.Keys;

/// <summary>Makes people's keys in one place: a hardware token, or for development this process's memory. Given by <see cref="KeyRing.PersonKeys"/> alone.</summary>
public sealed class PersonKeys
{
    /// <summary>The place that production refuses.</summary>
    public const string Software = "software";

    private readonly Func<VerifiedApproval, PersonKey> _make;

    internal PersonKeys(Func<VerifiedApproval, PersonKey> make) => _make = make;

    /// <summary>Makes a person's key. A <see cref="VerifiedApproval"/> is the only thing that gives one, and it gives one only.</summary>
    /// <exception cref="KeyUnavailableException">this approval object has already given its key, or the token does not answer</exception>
    public PersonKey Create(VerifiedApproval approval)
    {
        ArgumentNullException.ThrowIfNull(approval);
        if (!approval.TakeKey())
            throw new KeyUnavailableException($"Approval '{approval.Structure.Approval}' has already given its key.");
        return _make(approval);
    }
}

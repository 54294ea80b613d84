using Identity.Provider.Sessions;

namespace Identity.Provider.Passkeys;

/// <summary>What one use of a passkey shows.</summary>
/// <param name="Level">eIDAS level (<c>acr</c>).</param>
/// <param name="Methods">RFC 8176 <c>amr</c> values.</param>
public sealed record PasskeyAssurance(string Level, IReadOnlyList<string> Methods)
{
    // RFC 8176 2: proof of possession of a key, user presence, and, as the passkey verified the user itself, two factors.
    private static readonly string[] Always = ["pop", "user", "mfa"];

    /// <param name="known">What was found out when it was registered; null for one that is older than these records.</param>
    /// <param name="backupEligible">What its authenticator says now (WebAuthn 6.1.3).</param>
    public static PasskeyAssurance Of(AttestedPasskey? known, bool backupEligible)
    {
        // Two words must agree that it stays in one device: that of the registration, and that of this use.
        if (backupEligible)
            return new PasskeyAssurance(AssuranceLevel.Substantial, [.. Always, "swk"]);
        if (known is not { DeviceBound: true, Trusted: true })
            return new PasskeyAssurance(AssuranceLevel.Substantial, Always);
        return new PasskeyAssurance(known.Level, [.. Always, "hwk"]);
    }
}

using Identity.Provider.Passkeys.Attestation;
using Identity.Provider.People;
using Identity.Provider.Storage;
using Microsoft.AspNetCore.Identity;

namespace Identity.Provider.Passkeys;

/// <summary>Which passkeys this Provider takes, and where they work.</summary>
internal static class PasskeyPolicy
{
    // RFC 9053 2.1 and RFC 8812 2: what every platform authenticator offers and Identity.Keys can verify again from the evidence.
    private const int Es256 = -7;
    private const int Rs256 = -257;

    public static void AddPasskeys(this IServiceCollection services, Uri issuer, AttestationRoots roots)
    {
        services.AddIdentityCore<Person>(identity => identity.Stores.SchemaVersion = IdentitySchemaVersions.Version3)
            .AddEntityFrameworkStores<ProviderDatabase>();
        services.AddScoped<PasskeyHandler<Person>>();
        services.AddScoped<PasskeyCeremonies>();
        services.AddSingleton<AttestationVerification>();
        var origin = Origin(issuer);
        services.Configure<IdentityPasskeyOptions>(passkeys =>
        {
            // From the settings, never from the Host header, which a stranger can write.
            passkeys.ServerDomain = RelyingPartyId(issuer);
            passkeys.ValidateOrigin = answer => ValueTask.FromResult(
                !answer.CrossOrigin && string.Equals(answer.Origin, origin, StringComparison.Ordinal));
            passkeys.ChallengeSize = 32;
            passkeys.AuthenticatorTimeout = PasskeyCeremonies.Patience;
            passkeys.UserVerificationRequirement = "required";
            passkeys.ResidentKeyRequirement = "required";
            // WebAuthn 5.4.7. Which model of device somebody has is asked where it can matter: where nobody is trusted to vouch for one, it is not.
            passkeys.AttestationConveyancePreference = roots.AreNone ? "none" : "direct";
            passkeys.IsAllowedAlgorithm = algorithm => algorithm is Es256 or Rs256;
        });
    }

    public static string RelyingPartyId(Uri issuer) => issuer.Host;

    public static string Origin(Uri issuer) => issuer.GetLeftPart(UriPartial.Authority);
}

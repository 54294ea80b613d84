using System.Buffers.Text;
using System.Security.Cryptography;
using Identity.Provider.Passkeys.Attestation;
using Identity.Provider.People;
using Identity.Provider.Sessions;
using Identity.Provider.Storage;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.Passkeys;

/// <summary>A ceremony that waits for the browser: its id goes with the form, its options to the authenticator.</summary>
public sealed record StartedCeremony(string Id, string OptionsJson);

/// <summary>Options for an assertion over a given challenge, and the framework's state to verify it against; the caller keeps the state.</summary>
public sealed record ChallengeOptions(string OptionsJson, string State);

/// <summary>A passkey assertion that passed every check, with the bytes that did.</summary>
public sealed record VerifiedAssertion(Person Person, UserPasskeyInfo Passkey, AssertionAnswer Answer, PasskeyAssurance Assurance);

/// <summary>A registration that passed every check; not stored yet.</summary>
public sealed record VerifiedRegistration(Person Person, UserPasskeyInfo Passkey, AttestationOutcome.Accepted Attestation)
{
    /// <param name="personKnown">The level at which this person is known at this moment: a passkey is worth no more than who let it in.</param>
    public AttestedPasskey At(string personKnown) => new()
    {
        CredentialId = Passkey.CredentialId,
        Format = Attestation.Format,
        Aaguid = Attestation.Aaguid,
        DeviceBound = Attestation.DeviceBound,
        Trusted = Attestation.Trusted,
        Level = AssuranceLevel.Lower(Attestation is { DeviceBound: true, Trusted: true } ? AssuranceLevel.High : AssuranceLevel.Substantial, personKnown),
    };
}

/// <summary>
/// Registration and use of passkeys (WebAuthn level 3, section 7). The checks are the framework's; the state of a ceremony is ours: it stays in Redis under a
/// random id and is taken (GETDEL) before anything is verified, so that one ceremony gives one answer, a replayed answer none, and a failed one is spent.
/// </summary>
public sealed partial class PasskeyCeremonies(
    PasskeyHandler<Person> handler, AttestationVerification attestations, UserManager<Person> people, ProviderDatabase database, SealedValues values, TimeProvider time,
    ILogger<PasskeyCeremonies> log)
{
    /// <summary>Longest answer of a browser that is looked at; a packed attestation with certificates takes about 6 kB.</summary>
    public const int MaxCredentialCharacters = 32 * 1024;

    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private const int IdBytes = 32;
    private const string ForRegistration = "registration";
    private const string ForSignIn = "sign-in";

    public async Task<StartedCeremony> StartRegistration(HttpContext context, Person person)
    {
        var entity = new PasskeyUserEntity { Id = person.Id, Name = person.FullName, DisplayName = person.FullName };
        var made = await handler.MakeCreationOptionsAsync(entity, context);
        return await Keep(ForRegistration, made.CreationOptionsJson, made.AttestationState, person.Id);
    }

    public async Task<StartedCeremony> StartSignIn(HttpContext context)
    {
        var made = await handler.MakeRequestOptionsAsync(null, context);
        return await Keep(ForSignIn, made.RequestOptionsJson, made.AssertionState, personId: null);
    }

    /// <summary>WebAuthn 7.1. Null: refused; the log says why, the person need not know.</summary>
    public async Task<VerifiedRegistration?> FinishRegistration(HttpContext context, string ceremonyId, string credentialJson, Person person)
    {
        if (await Take(ForRegistration, ceremonyId) is not { } pending || pending.PersonId != person.Id)
            return RegistrationRefused("no such ceremony of this person");
        if (credentialJson.Length > MaxCredentialCharacters)
            return RegistrationRefused("answer too long");
        var result = await handler.PerformAttestationAsync(
            new PasskeyAttestationContext { HttpContext = context, CredentialJson = credentialJson, AttestationState = pending.State });
        if (!result.Succeeded)
            return RegistrationRefused(result.Failure.Message);
        // WebAuthn 7.1 (16), also when a later default of the framework should be milder.
        if (!result.Passkey.IsUserVerified)
            return RegistrationRefused("user not verified");
        return attestations.Verify(result.Passkey) switch
        {
            AttestationOutcome.Accepted accepted => new VerifiedRegistration(person, result.Passkey, accepted),
            AttestationOutcome.Refused refused => RegistrationRefused($"attestation, {refused.Reason}"),
            var outcome => throw new InvalidOperationException($"No such outcome: {outcome}."),
        };
    }

    /// <summary>Stores a registered passkey and what is known about it, both or neither. False: the person's record has changed meanwhile.</summary>
    public async Task<bool> Store(VerifiedRegistration registration, AttestedPasskey known)
    {
        if (await people.FindByIdAsync(registration.Person.Id) is not { } person)
            return false;
        // Written by the same save as the passkey.
        database.AttestedPasskeys.Add(known);
        return (await people.AddOrUpdatePasskeyAsync(person, registration.Passkey)).Succeeded;
    }

    /// <summary>WebAuthn 7.2 for a person whom the passkey names itself. Null: refused.</summary>
    public async Task<VerifiedAssertion?> FinishSignIn(HttpContext context, string ceremonyId, string credentialJson)
    {
        return await Take(ForSignIn, ceremonyId) is { } pending
            ? await VerifyAssertion(context, pending.State, credentialJson)
            : AssertionRefused("no such ceremony");
    }

    /// <summary>Options for an assertion by one of the person's passkeys over a challenge of our own making.</summary>
    public async Task<ChallengeOptions> MakeOptions(HttpContext context, Person person, byte[] challenge)
    {
        var made = await handler.MakeRequestOptionsAsync(person, context);
        return PasskeyChallenge.Replace(made, challenge);
    }

    /// <summary>WebAuthn 7.2 against a state of <see cref="MakeOptions"/>, which the caller has taken from where it was kept. Null: refused.</summary>
    public async Task<VerifiedAssertion?> VerifyAssertion(HttpContext context, string state, string credentialJson)
    {
        if (AssertionAnswer.TryRead(credentialJson) is not { } answer)
            return AssertionRefused("unreadable answer");
        // WebAuthn 7.2 (17): the flag of this assertion, not what the passkey could do when it was registered.
        if (!answer.UserWasVerified)
            return AssertionRefused("user not verified");
        var result = await handler.PerformAssertionAsync(
            new PasskeyAssertionContext { HttpContext = context, CredentialJson = answer.ToJson(), AssertionState = state });
        if (!result.Succeeded)
            return AssertionRefused(result.Failure.Message);
        if (result.User.IsDisabled(time.GetUtcNow()))
            return AssertionRefused("person disabled");
        // WebAuthn 7.2 (23): the counter moves with each use; two uses at one time meet at the record's concurrency stamp, and one is refused.
        var stored = await people.AddOrUpdatePasskeyAsync(result.User, result.Passkey);
        if (!stored.Succeeded)
            return AssertionRefused("passkey used twice at one time");
        var known = await database.AttestedPasskeys.AsNoTracking().SingleOrDefaultAsync(row => row.CredentialId == result.Passkey.CredentialId);
        return new VerifiedAssertion(result.User, result.Passkey, answer, PasskeyAssurance.Of(known, answer.IsBackupEligible));
    }

    /// <summary>A passkey's name in audit records: hex of the SHA-256 of its id.</summary>
    public static string NameOf(byte[] credentialId) => Convert.ToHexStringLower(SHA256.HashData(credentialId));

    private async Task<StartedCeremony> Keep(string kind, string optionsJson, string? state, string? personId)
    {
        var id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(IdBytes));
        var pending = new PendingCeremony(state ?? throw new InvalidOperationException("The framework made no ceremony state."), personId);
        if (!await values.PutOnce(Key(kind, id), pending, Patience))
            throw new InvalidOperationException("Two random 256-bit ceremony ids were equal.");
        return new StartedCeremony(id, optionsJson);
    }

    private async Task<PendingCeremony?> Take(string kind, string id) =>
        id.Length == Base64Url.GetEncodedLength(IdBytes) && Base64Url.IsValid(id) ? await values.Take<PendingCeremony>(Key(kind, id)) : null;

    private static string Key(string kind, string id) => $"ceremony:{kind}:{id}";

    private VerifiedRegistration? RegistrationRefused(string reason)
    {
        LogRefused(ForRegistration, reason);
        return null;
    }

    private VerifiedAssertion? AssertionRefused(string reason)
    {
        LogRefused("assertion", reason);
        return null;
    }

    [LoggerMessage(LogLevel.Information, "Passkey {Ceremony} refused: {Reason}")]
    private partial void LogRefused(string ceremony, string reason);

    private sealed record PendingCeremony(string State, string? PersonId);
}

using System.Buffers.Text;
using System.Security.Cryptography;
using Identity.Audit;
using Identity.Provider.Passkeys;
using Identity.Provider.People;
using Identity.Provider.Sessions;
using Identity.Provider.Storage;

namespace Identity.Provider.Enrolment;

/// <summary>How an attempt to register the first passkey ended.</summary>
public abstract record EnrolmentOutcome
{
    private EnrolmentOutcome()
    {
    }

    public sealed record Enrolled : EnrolmentOutcome;

    /// <summary>The passkey's answer does not verify; the person may try again.</summary>
    public sealed record PasskeyRefused(Person Person) : EnrolmentOutcome;

    /// <summary>The code has been used or has expired, or too much time has passed since it was given.</summary>
    public sealed record CodeRefused : EnrolmentOutcome;
}

/// <summary>What follows a good enrolment code. The code is spent when the passkey is stored, in one transaction: never the one without the other.</summary>
public sealed class Enrolments(
    ProviderDatabase database, EnrolmentCodes codes, PersonStore people, PasskeyCeremonies passkeys, SealedValues values, AuditLog audit)
{
    private const int SecretBytes = 32;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    /// <summary>A secret for the page that stands for the code just given, so that the code itself does not travel again.</summary>
    public async Task<string> Begin(EnrolmentCode code)
    {
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        await values.Put(Key(secret), new Progress(code.Hash), Patience);
        return secret;
    }

    public async Task<StartedCeremony?> Options(HttpContext context, string secret, CancellationToken cancellation) =>
        await Find(secret, cancellation) is var (_, person) ? await passkeys.StartRegistration(context, person) : null;

    /// <summary>Verifies the new passkey, spends the code, stores the passkey and signs in.</summary>
    public async Task<EnrolmentOutcome> Register(HttpContext context, string secret, string ceremony, string credential, CancellationToken cancellation)
    {
        if (await Find(secret, cancellation) is not var (code, person))
            return new EnrolmentOutcome.CodeRefused();
        if (await passkeys.FinishRegistration(context, ceremony, credential, person) is not { } registration)
            return new EnrolmentOutcome.PasskeyRefused(person);

        var enrolment = audit.Begin(new PersonEnrolment(person.Id));
        // An officer has proofed the person who holds the code: the passkey may be worth all that its device is.
        var known = registration.At(AssuranceLevel.High);
        var passkey = audit.Begin(new PasskeyRegistration(person.Id, PasskeyCeremonies.NameOf(known.CredentialId)));
        // From here on a browser that goes away stops nothing.
        if (!await Store(code, registration, known))
        {
            passkey.Complete(AuditOutcome.Refused, "code_spent");
            enrolment.Complete(AuditOutcome.Refused, "code_spent");
            return new EnrolmentOutcome.CodeRefused();
        }

        passkey.Complete(AuditOutcome.Succeeded);
        enrolment.Complete(AuditOutcome.Succeeded);
        await values.Remove(Key(secret));
        var assurance = PasskeyAssurance.Of(known, registration.Passkey.IsBackupEligible);
        audit.Append(new PasskeyAttestation(person.Id, PasskeyCeremonies.NameOf(known.CredentialId), known.Format, known.Aaguid.ToString(), known.Level));
        var signIn = audit.Begin(new SignIn(person.Id, PasskeyCeremonies.NameOf(known.CredentialId), assurance.Level));
        await SessionCookie.SignIn(context, person, assurance);
        signIn.Complete(AuditOutcome.Succeeded);
        return new EnrolmentOutcome.Enrolled();
    }

    private async Task<bool> Store(EnrolmentCode code, VerifiedRegistration registration, AttestedPasskey known)
    {
        await using var transaction = await database.Database.BeginTransactionAsync();
        if (!await codes.Spend(code, CancellationToken.None) || !await passkeys.Store(registration, known))
            return false;
        await transaction.CommitAsync();
        return true;
    }

    private async Task<(EnrolmentCode Code, Person Person)?> Find(string secret, CancellationToken cancellation)
    {
        if (secret.Length != Base64Url.GetEncodedLength(SecretBytes) || await values.Get<Progress>(Key(secret)) is not { } progress)
            return null;
        return await codes.FindHash(progress.CodeHash, cancellation) is { } code && await people.Find(code.PersonId, cancellation) is { } person
            ? (code, person)
            : null;
    }

    private static string Key(string secret) => "enrolment:" + secret;

    private sealed record Progress(string CodeHash);
}

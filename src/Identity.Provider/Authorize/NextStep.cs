using Identity.Provider.Sessions;

namespace Identity.Provider.Authorize;

/// <summary>What the authorization request asks for, as far as the next step depends on it.</summary>
/// <param name="Prompt">OpenID Connect Core 3.1.2.1: the values of <c>prompt</c>.</param>
/// <param name="MaxAge">Longest time since the last authentication, or null.</param>
/// <param name="HintedPersonId">The person that a valid <c>id_token_hint</c> or a demanded <c>sub</c> names, or null.</param>
/// <param name="NeedsApproval">It carries authorization_details to be approved.</param>
/// <param name="Progress">What happened to it so far.</param>
/// <param name="Level">The eIDAS level that it asks for.</param>
/// <param name="Unassured">Its answer goes where any application of a device may listen.</param>
public sealed record StepRequest(
    IReadOnlySet<string> Prompt, TimeSpan? MaxAge, string? HintedPersonId, bool NeedsApproval, RequestFacts Progress, LevelRequest Level,
    bool Unassured = false);

/// <summary>Who is signed in in the browser.</summary>
/// <param name="PersonId">Who.</param>
/// <param name="AuthenticatedAt">When.</param>
/// <param name="Level">The eIDAS level of this session.</param>
/// <param name="Reachable">The highest that the person has a passkey for.</param>
public sealed record StepSession(string PersonId, DateTimeOffset AuthenticatedAt, string Level, string Reachable);

/// <summary>
/// The next thing that has to happen for an authorization request. A pure decision over what is known: it reads no store and no clock, so the
/// table of its tests is its specification.
/// </summary>
public abstract record NextStep
{
    private NextStep()
    {
    }

    public sealed record Login : NextStep;

    public sealed record Consent : NextStep;

    public sealed record Approve : NextStep;

    public sealed record Answer : NextStep;

    /// <param name="Error">OAuth or OpenID Connect error code, for the agency.</param>
    public sealed record Deny(string Error) : NextStep;

    /// <param name="request">The validated request.</param>
    /// <param name="session">The live session of an existing person, or null.</param>
    /// <param name="hasConsent">Every claim asked for has been agreed to for this client.</param>
    /// <param name="isApproved">This person has finished the approval that this request asks for.</param>
    /// <param name="now">The present.</param>
    public static NextStep Decide(StepRequest request, StepSession? session, bool hasConsent, bool isApproved, DateTimeOffset now)
    {
        var silent = request.Prompt.Contains("none");

        // RFC 6749 4.1.2.1: the resource owner denied the request. Who could not have met it has not denied it (Unmet Authentication Requirements 1.0, 2).
        if (request.Progress.Cancelled)
            return new Deny(CannotReachRequired(request, session) ? "unmet_authentication_requirements" : "access_denied");

        if (request.Level.CannotBeMet)
            return new Deny("unmet_authentication_requirements");

        // OpenID Connect Core 3.1.2.3: prompt=login, select_account (the authenticator lets the person choose) and max_age ask for an authentication that is newer than the request, or young enough.
        if (session is null || NeedsFreshLogin(request, session, now))
            return silent ? new Deny("login_required") : new Login();

        // OpenID Connect Core 3.1.2.1, id_token_hint: somebody else must not be answered for.
        if (request.HintedPersonId is not null && request.HintedPersonId != session.PersonId)
            return silent || IsSince(request.Progress.Begun, session) ? new Deny("login_required") : new Login();

        // OpenID Connect Core 5.5.1.1: a demanded level. As long as it takes: the page says what is missing, and lets the person go back.
        if (request.Level.Required is { } required && !AssuranceLevel.Reaches(session.Level, required))
            return silent ? new Deny("login_required") : new Login();

        // OpenID Connect Core 3.1.2.1, acr_values: a wish, so it is asked once, of somebody who can, and never of somebody who must not be asked.
        if (!silent && request.Level.Preferred is { } preferred && !AssuranceLevel.Reaches(session.Level, preferred)
            && AssuranceLevel.Reaches(session.Reachable, preferred) && !IsSince(request.Progress.Begun, session))
        {
            return new Login();
        }

        // RFC 8252 8.6: another application that takes a native one's place gets nothing without the person, whatever they allowed before.
        var consented = hasConsent && (!(request.Unassured || request.Prompt.Contains("consent")) || request.Progress.Consented);
        if (!consented)
            return silent ? new Deny("consent_required") : new Consent();

        if (request.NeedsApproval && !isApproved)
            return silent ? new Deny("interaction_required") : new Approve();

        return new Answer();
    }

    private static bool NeedsFreshLogin(StepRequest request, StepSession session, DateTimeOffset now)
    {
        // Whoever authenticated after this request's browser arrived has done what it asks for, however long the pages then took.
        if (IsSince(request.Progress.Begun, session))
            return false;
        return request.Prompt.Contains("login") || request.Prompt.Contains("select_account") || now - session.AuthenticatedAt > request.MaxAge;
    }

    private static bool CannotReachRequired(StepRequest request, StepSession? session) =>
        session is not null && request.Level.Required is { } required
        && !AssuranceLevel.Reaches(session.Level, required) && !AssuranceLevel.Reaches(session.Reachable, required);

    private static bool IsSince(DateTimeOffset? begun, StepSession session) => begun is not null && session.AuthenticatedAt >= begun;
}

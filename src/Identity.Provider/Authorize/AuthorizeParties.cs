using Identity.Audit;
using Identity.Provider.Clients;
using Identity.Provider.People;
using Identity.Provider.ResourceIndicators;
using Identity.Provider.Sessions;
using Identity.Provider.Storage;
using Identity.Provider.Subjects;
using Identity.Provider.UserInfo;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.Authorize;

/// <summary>Who takes part in an authorization request: the person, the client, the Provider itself, and the pushed request that waits.</summary>
public sealed class AuthorizeParties(
    ProviderSettings settings, PersonStore people, PairwiseSubjects subjects, IOpenIddictApplicationManager applications, TokenStore tokens,
    Refusals refusals, SessionRegister sessions, SessionEnds ends)
{
    /// <summary>Names of what the person must have allowed: claims, and resource servers to be used for them.</summary>
    public IReadOnlyList<string> ConsentsFor(IReadOnlyList<string> claims, IReadOnlyCollection<string> scopes) => [.. claims, .. LoginResources.Consents(settings, scopes)];

    public string[] AudiencesOf(OpenIddictRequest request) => LoginResources.Audiences(settings, request);

    public TimeSpan InteractionLifetime => settings.InteractionLifetime;

    public async Task<Person?> FindPerson(PersonSession session, CancellationToken cancellation)
    {
        var person = await people.Find(session.PersonId, cancellation);
        // Disabled by other means than the command, which ends the sessions itself.
        if (person is null)
            await ends.EndAllOf(session.PersonId, SessionEndReason.PersonDisabled);
        return person;
    }

    /// <summary>The highest level that the person has a passkey for; looked up where it matters.</summary>
    public async Task<string> Reachable(PersonSession session, LevelRequest level, CancellationToken cancellation) =>
        level.Wanted is { } wanted && !AssuranceLevel.Reaches(session.Assurance, wanted) ? await people.HighestLevel(session.PersonId, cancellation) : session.Assurance;

    /// <summary>
    /// OpenID Connect Core 5.4 and 5.5: the claims about a person that a request asks for, by scopes and one by one. One by one the client gets no more than by
    /// the scopes that it is registered for.
    /// </summary>
    public async Task<RequestedClaims> ClaimsOf(OpenIddictRequest request, ClaimsRequest named, CancellationToken cancellation)
    {
        var byScope = ScopeClaims.Of(request.GetScopes());
        if (named.UserInfo.Count == 0 && named.IdToken.Count == 0)
            return new RequestedClaims(byScope, [], []);
        var client = await applications.FindByClientIdAsync(request.ClientId!, cancellation) ?? throw new InvalidOperationException("A validated client has vanished.");
        var permitted = ScopeClaims.Of((await applications.GetPermissionsAsync(client, cancellation))
            .Where(permission => permission.StartsWith(Permissions.Prefixes.Scope, StringComparison.Ordinal))
            .Select(permission => permission[Permissions.Prefixes.Scope.Length..]));
        return new RequestedClaims(
            byScope, [.. permitted.Intersect(named.UserInfo).Except(byScope)], [.. permitted.Intersect(named.IdToken)]);
    }

    /// <summary>False: the session has ended.</summary>
    public Task<bool> Remember(string sid, SessionClient client) => sessions.AddClient(sid, client);

    public Task<string> SubjectOf(string personId, string clientId, CancellationToken cancellation) => subjects.For(personId, clientId, cancellation);

    public Task<string?> PersonOf(string subject, string clientId, CancellationToken cancellation) => subjects.PersonOf(subject, clientId, cancellation);

    public async Task<string> NameOf(string clientId, CancellationToken cancellation)
    {
        var client = await applications.FindByClientIdAsync(clientId, cancellation) ?? throw new InvalidOperationException("A validated client has vanished.");
        return await applications.GetDisplayNameAsync(client, cancellation) ?? clientId;
    }

    /// <summary>Nobody can tell which application of the person's device gets the answer.</summary>
    public async ValueTask<bool> IsUnassured(string clientId, string redirectUri, CancellationToken cancellation) =>
        !NativeApplication.IsAssured(redirectUri) && (await applications.MetadataOf(clientId, cancellation)).IsNative;

    public void Refused(string clientId, string reason) => refusals.Record(new AuthorizationRefused(clientId, reason));

    /// <summary>The browser has come in time: the request now waits for the person, not for the browser (RFC 9126 4).</summary>
    public async Task KeepWaiting(HttpContext context)
    {
        var id = Validation(context).RequestTokenPrincipal?.GetTokenId() ?? throw new InvalidOperationException("Every client pushes its requests.");
        await tokens.KeepWaiting(id, settings.InteractionLifetime);
    }

    /// <summary>What OpenIddict found out about this request.</summary>
    internal static ValidateAuthorizationRequestContext Validation(HttpContext context) =>
        context.Features.Get<OpenIddictServerAspNetCoreFeature>()?.Transaction
            ?.GetProperty<ValidateAuthorizationRequestContext>(typeof(ValidateAuthorizationRequestContext).FullName!)
        ?? throw new InvalidOperationException("OpenIddict has not validated this request.");
}

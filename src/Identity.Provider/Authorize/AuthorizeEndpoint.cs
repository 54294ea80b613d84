using System.Buffers.Text;
using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Identity.Provider.Approvals;
using Identity.Provider.Consent;
using Identity.Provider.Dpop;
using Identity.Provider.Login;
using Identity.Provider.People;
using Identity.Provider.PushedRequests;
using Identity.Provider.Sessions;
using Identity.Provider.Storage;
using Identity.Provider.Subjects;
using Identity.Keys.Activation;
using Identity.Web;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Identity.Provider.Authorize;

/// <summary>
/// The browser's side of an authorization request. OpenIddict has validated client, redirect URI, pushed request and parameters before it comes
/// here; what is left is: who is there, what has to happen next, and, at the end, the code.
/// </summary>
public sealed class AuthorizeEndpoint(
    RequestProgress progress, PendingRequests pendingRequests, ConsentStore consents, ApprovalStore approvals, AuthorizeParties parties, TimeProvider time)
{
    /// <summary>Carries the finished approval from here to the token answer, inside the code's sealed content.</summary>
    internal const string ApprovalClaim = "finished_approval";

    /// <summary>In the access token: which approval it stands for, when a program asked for it (the evidence's <c>jti</c>).</summary>
    internal const string ApprovalIdClaim = "approval_id";

    private const int AuthorizationIdBytes = 16;

    public static Task<IResult> Handle(HttpContext context, AuthorizeEndpoint endpoint) => endpoint.Continue(context);

    private async Task<IResult> Continue(HttpContext context)
    {
        var request = context.GetOpenIddictServerRequest() ?? throw new InvalidOperationException("OpenIddict does not handle this address.");
        var cancellation = context.RequestAborted;
        var key = KeyOf(request.RequestUri ?? throw new InvalidOperationException("Every client pushes its requests."));
        var facts = await progress.Read(key);
        if (!facts.IsOf(RequestBrowser.Of(context, key)))
        {
            parties.Refused(request.ClientId!, "another_browser");
            await PlainProblem.Write(context, StatusCodes.Status400BadRequest);
            return Results.Empty;
        }

        var session = await PersonSession.Read(context);
        var person = session is null ? null : await parties.FindPerson(session, cancellation);
        var named = ClaimsRequest.Of(request);
        var level = LevelRequest.Of(request, named);
        var requested = await parties.ClaimsOf(request, named, cancellation);
        var claims = parties.ConsentsFor(requested.About(person), request.GetScopes());
        var asked = PushedAuthorizationDetails.Of(request);
        var approval = asked is null ? null : await approvals.Find(key);

        var step = NextStep.Decide(
            new StepRequest(
                request.GetPromptValues().ToHashSet(StringComparer.Ordinal), MaxAge(request), await Hinted(context, request, named, cancellation), asked is not null, facts, level,
                await parties.IsUnassured(request.ClientId!, request.RedirectUri!, cancellation)),
            person is null ? null : new StepSession(person.Id, session!.AuthenticatedAt, session.Assurance, await parties.Reachable(session, level, cancellation)),
            person is not null && await consents.Has(person.Id, request.ClientId!, claims, cancellation),
            IsUsable(approval, session),
            time.GetUtcNow());

        if (step is NextStep.Answer)
            RequestBrowser.Forget(context, key);
        return step switch
        {
            NextStep.Login => await GoTo("/login", context, request, key, claims, asked, level.Wanted),
            NextStep.Consent => await GoTo("/consent", context, request, key, claims, asked),
            NextStep.Approve => await GoTo("/approve", context, request, key, claims, asked),
            NextStep.Deny deny => Refuse(deny.Error),
            NextStep.Answer => await Answer(request, key, session!, asked is not null, new Release(person!, requested, level.Said(session!.Assurance)), cancellation),
            _ => throw new InvalidOperationException($"No such step: {step}."),
        };
    }

    /// <summary>The name under which a request is known inside: nobody who reads a store or a log learns the request_uri.</summary>
    public static string KeyOf(string requestUri) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(requestUri)));

    private async Task<IResult> GoTo(
        string page, HttpContext context, OpenIddictRequest request, string key, IReadOnlyList<string> claims, ApprovalRequest? asked, string? level = null)
    {
        Languages.Choose(context, request.UiLocales);
        var returnUrl = $"/authorize?client_id={Uri.EscapeDataString(request.ClientId!)}&request_uri={Uri.EscapeDataString(request.RequestUri!)}";
        // First what the page needs, then the longer life of the request: a crash in between leaves a request that ends by itself.
        await pendingRequests.Remember(
            new PendingRequest(
                key, returnUrl, request.ClientId!, await parties.NameOf(request.ClientId!, context.RequestAborted), new Uri(request.RedirectUri!), claims, asked, level),
            parties.InteractionLifetime);
        await progress.Begin(key, RequestBrowser.Mark(context, key, parties.InteractionLifetime));
        await parties.KeepWaiting(context);
        // 303: the browser follows with GET whatever it came with (RFC 9700 4.12).
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = $"{page}?returnUrl={Uri.EscapeDataString(returnUrl)}";
        return Results.Empty;
    }

    private async Task<IResult> Answer(OpenIddictRequest request, string key, PersonSession session, bool needsApproval, Release release, CancellationToken cancellation)
    {
        FinishedApproval? approval = null;
        if (needsApproval)
        {
            // Taken here for exactly one code; a request that comes a second time finds nothing and is refused.
            approval = await approvals.Take(key);
            if (!IsUsable(approval, session))
                return Refuse(Errors.AccessDenied);
        }

        var subject = await parties.SubjectOf(session.PersonId, request.ClientId!, cancellation);
        var authorizationId = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(AuthorizationIdBytes));
        // Before anything is given out, so that the session's end finds it. The session may have ended since it was read.
        if (!await parties.Remember(session.SessionId, new SessionClient(request.ClientId!, subject, authorizationId)))
            return Refuse(Errors.LoginRequired);
        var identity = LoginIdentity.Of(session, subject, release);
        // RFC 9449 10: the code is good for the holder of this key alone.
        identity.SetClaim(DpopBinding.Parameter, (string?)request.GetParameter(DpopBinding.Parameter));
        if (approval is not null)
        {
            identity.SetClaim(ApprovalClaim, JsonSerializer.Serialize(approval));
            if (request.HasScope(ApprovalRequest.CredentialScope) && ApprovalStructure.TryParse(approval.Structure, out var structure))
                identity.AddClaim(new Claim(ApprovalIdClaim, structure!.Approval).SetDestinations(Destinations.AccessToken));
        }

        identity.SetScopes(request.GetScopes());
        // RFC 8707 2.2: each token is for one of them.
        identity.SetResources(parties.AudiencesOf(request));
        identity.SetAuthorizationId(authorizationId);
        return Results.SignIn(new ClaimsPrincipal(identity), properties: null, OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
    }

    private bool IsUsable(FinishedApproval? approval, PersonSession? session) =>
        approval is not null && session is not null && approval.PersonId == session.PersonId && approval.SessionId == session.SessionId && approval.Expires > time.GetUtcNow();

    private async Task<string?> Hinted(HttpContext context, OpenIddictRequest request, ClaimsRequest named, CancellationToken cancellation)
    {
        // OpenID Connect Core 3.1.2.2 (6): a demanded sub must be answered about that person or not at all, as a hint must.
        if (named.Subject is { } demanded)
            return await parties.PersonOf(demanded, request.ClientId!, cancellation) ?? "";
        if (string.IsNullOrEmpty(request.IdTokenHint))
            return null;
        // OpenIddict has validated the hint; one that does not verify names nobody, and so nobody's session fits it.
        var subject = AuthorizeParties.Validation(context).IdentityTokenHintPrincipal?.GetClaim(Claims.Subject);
        return (subject is null ? null : await parties.PersonOf(subject, request.ClientId!, cancellation)) ?? "";
    }

    // OpenID Connect Core 3.1.2.1. Validated at the pushed request endpoint.
    private static TimeSpan? MaxAge(OpenIddictRequest request) =>
        (string?)request.GetParameter(Parameters.MaxAge) is { Length: > 0 } text ? TimeSpan.FromSeconds(uint.Parse(text, CultureInfo.InvariantCulture)) : null;

    private static IResult Refuse(string error) => Results.Forbid(
        new AuthenticationProperties(new Dictionary<string, string?>
        {
            [OpenIddictServerAspNetCoreConstants.Properties.Error] = error,
            [OpenIddictServerAspNetCoreConstants.Properties.ErrorDescription] = error switch
            {
                Errors.LoginRequired => "The person is not signed in, or must sign in again.",
                Errors.ConsentRequired => "The person has not agreed to these claims.",
                Errors.InteractionRequired => "The person must approve this request.",
                "unmet_authentication_requirements" => "The person cannot sign in at the level that is demanded.",
                _ => "The person did not allow the request.",
            },
        }),
        [OpenIddictServerAspNetCoreDefaults.AuthenticationScheme]);
}

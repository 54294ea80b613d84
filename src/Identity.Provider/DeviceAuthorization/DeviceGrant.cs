using System.Security.Claims;
using Identity.Audit;
using Identity.Provider.Authorize;
using Identity.Provider.People;
using Identity.Provider.Sessions;
using Identity.Provider.UserInfo;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.DeviceAuthorization;

/// <summary>RFC 8628 3.4, 3.5: what a client hears that asks with its device code, and at last its tokens.</summary>
internal sealed class DeviceGrant(
    DeviceCodes codes, PersonStore people, IOpenIddictApplicationManager applications, IOpenIddictTokenManager tokens, SessionRegister sessions, AuditLog audit)
{
    private const string NotValid = "The device code is not valid.";

    /// <summary>In the place of the engine's own look-up: whose code it is and what it is good for. Nothing is counted or used up before key and client are checked.</summary>
    internal sealed class Presented(DeviceCodes codes) : IOpenIddictServerHandler<ProcessAuthenticationContext>
    {
        public async ValueTask HandleAsync(ProcessAuthenticationContext context)
        {
            if (context.EndpointType != OpenIddictServerEndpointType.Token || !context.Request.IsDeviceCodeGrantType())
                return;
            if (await codes.FindByDeviceCode(context.DeviceCode ?? "") is not { } found)
            {
                context.Reject(Errors.InvalidGrant, NotValid);
                return;
            }

            var identity = new ClaimsIdentity("device code");
            identity.SetPresenters(found.Request.ClientId);
            identity.SetScopes(found.Request.Scopes);
            identity.SetResources(found.Request.Audiences);
            context.DeviceCodePrincipal = new ClaimsPrincipal(identity);
            context.Transaction.SetProperty(typeof(DeviceState).FullName!, found);
        }
    }

    /// <summary>The client is the one that began, has authenticated itself and proven its key.</summary>
    public async ValueTask Handle(HandleTokenRequestContext context)
    {
        var state = context.Transaction.GetProperty<DeviceState>(typeof(DeviceState).FullName!) ?? throw new InvalidOperationException("A device code that was not looked up.");
        // RFC 6749 4.1.2: who comes again may be a thief, or may follow one.
        if (state.Redeemed)
        {
            await tokens.RevokeByAuthorizationIdAsync(state.Answer!.AuthorizationId, CancellationToken.None);
            context.Reject(Errors.InvalidGrant, NotValid);
        }
        else if (!await IsRegisteredStill(context, state.Request))
        {
            context.Reject(Errors.InvalidGrant, NotValid);
        }
        else if (state.Expired)
        {
            context.Reject(Errors.ExpiredToken, "The device code has expired.");
        }
        else if (!await codes.MayAsk(state))
        {
            context.Reject(Errors.SlowDown, "Wait 5 seconds longer from now on.");
        }
        else if (state.Answer is not { } answer)
        {
            context.Reject(Errors.AuthorizationPending, "The person has not answered yet.");
        }
        else if (!answer.Allowed)
        {
            context.Reject(Errors.AccessDenied, "The person did not allow the request.");
        }
        else
        {
            await Give(context, state, answer);
        }
    }

    private async Task Give(HandleTokenRequestContext context, DeviceState state, DeviceAnswer answer)
    {
        // The single use comes last, when nothing else can go wrong.
        if (await people.Find(answer.Session.PersonId, context.CancellationToken) is not { } person
            || !await sessions.Extend(answer.Session.SessionId)
            || !await codes.Redeem(state))
        {
            context.Reject(Errors.InvalidGrant, NotValid);
            return;
        }

        var identity = LoginIdentity.Of(answer.Session, answer.Subject, new Release(person, new RequestedClaims(ScopeClaims.Of(state.Request.Scopes), [], []), answer.Session.Assurance));
        identity.SetScopes(state.Request.Scopes);
        identity.SetResources(state.Request.Audiences);
        identity.SetAuthorizationId(answer.AuthorizationId);
        context.Principal = new ClaimsPrincipal(identity);
        audit.Append(new TokenIssue(context.ClientId!, answer.Subject, GrantTypes.DeviceCode));
    }

    private async Task<bool> IsRegisteredStill(HandleTokenRequestContext context, DeviceRequest request) =>
        await applications.FindByClientIdAsync(context.ClientId!, context.CancellationToken) is { } client
        && await applications.GetIdAsync(client, context.CancellationToken) == request.ApplicationId;
}

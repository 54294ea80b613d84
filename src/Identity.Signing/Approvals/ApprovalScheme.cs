using Identity.Audit;
using Identity.Signing.Requests;
using Identity.Signing.SignIn;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;

namespace Identity.Signing.Approvals;

/// <summary>
/// Asks the Provider for one person's approval of one document: the same stock handler as for sign-in, with authorization_details
/// in the pushed request and the evidence in the token answer. It signs nobody in.
/// </summary>
internal static class ApprovalScheme
{
    public const string Name = "approval";
    private const string RequestItem = "request";

    public static AuthenticationBuilder AddApproval(this AuthenticationBuilder schemes, SigningSettings settings) => schemes.AddOpenIdConnect(Name, oidc =>
    {
        SignInSchemes.UseProvider(oidc, settings, "approval");
        oidc.CallbackPath = "/approvals/callback";
        oidc.GetClaimsFromUserInfoEndpoint = false;
        var ask = oidc.Events.OnRedirectToIdentityProvider;
        oidc.Events.OnRedirectToIdentityProvider = async context =>
        {
            await ask(context);
            context.ProtocolMessage.SetParameter(AuthorizationDetails.Parameter, AuthorizationDetails.Ask(Asked(context.HttpContext), settings.PublicAddress));
        };
        oidc.Events.OnTokenResponseReceived = context =>
        {
            context.HttpContext.Items[typeof(AuthorizationDetails)] =
                AuthorizationDetails.ReadEvidence(context.TokenEndpointResponse.GetParameter(AuthorizationDetails.Parameter));
            return Task.CompletedTask;
        };
        oidc.Events.OnTicketReceived = Receive;
        oidc.Events.OnAccessDenied = async context =>
        {
            context.HandleResponse();
            await SendBack(context.HttpContext, context.Properties, ReviewNotice.Declined);
        };
        var fail = oidc.Events.OnRemoteFailure;
        oidc.Events.OnRemoteFailure = async context =>
        {
            if (context.Properties?.Items.ContainsKey(RequestItem) != true)
            {
                await fail(context);
                return;
            }

            Logger(context.HttpContext).LogWarning(context.Failure, "An approval did not come back well");
            context.HandleResponse();
            await SendBack(context.HttpContext, context.Properties, ReviewNotice.ApprovalFailed);
        };
    });

    /// <summary>What the challenge needs: the request travels in the protected state, so the answer cannot be turned to another.</summary>
    public static AuthenticationProperties Properties(HttpContext context, SigningRequest request)
    {
        context.Items[typeof(SigningRequest)] = request;
        return new AuthenticationProperties { RedirectUri = $"/requests/{request.Id}", Items = { [RequestItem] = request.Id } };
    }

    private static SigningRequest Asked(HttpContext context) =>
        context.Items[typeof(SigningRequest)] as SigningRequest ?? throw new InvalidOperationException("An approval is asked for a request only.");

    /// <summary>1. same person, same session; 2. store the evidence verbatim; 3. hand over. What it says is verified from the stored form.</summary>
    private static async Task Receive(TicketReceivedContext context)
    {
        context.HandleResponse();
        var http = context.HttpContext;
        var services = http.RequestServices;
        var request = context.Properties?.Items[RequestItem] is { } id ? await services.GetRequiredService<RequestStore>().Find(id, http.RequestAborted) : null;
        var session = SignedInPerson.Of((await http.AuthenticateAsync(SignInSchemes.Session)).Principal);
        var approver = context.Principal?.FindFirst(SignedInPerson.SubjectClaim)?.Value;
        if (request is null || session is null || approver != session.Subject || request.PersonSubject != session.Subject)
        {
            await SendBack(http, context.Properties, ReviewNotice.OtherPerson);
            return;
        }

        if (http.Items[typeof(AuthorizationDetails)] is not string evidence || AuthorizationDetails.ClaimedApprovalId(evidence) is not { } approvalId)
        {
            Logger(http).LogWarning("The Provider's token answer for request {Request} holds no usable evidence", request.Id);
            await SendBack(http, context.Properties, ReviewNotice.ApprovalFailed);
            return;
        }

        var stored = await services.GetRequiredService<ApprovalRecords>().Store(
            new StoredApproval
            {
                ApprovalId = approvalId, RequestId = request.Id, Evidence = evidence,
                StoredAt = services.GetRequiredService<TimeProvider>().GetUtcNow(),
            },
            http.RequestAborted);
        if (!stored)
        {
            Logger(http).LogWarning("Approval {Approval} came a second time, now for request {Request}", approvalId, request.Id);
            await SendBack(http, context.Properties, ReviewNotice.ApprovalFailed);
            return;
        }

        services.GetRequiredService<AuditLog>().Append(new EvidenceStored(request.Id, approvalId));
        services.GetRequiredService<PendingSignatures>().Enqueue(approvalId);
        http.Response.Redirect($"/requests/{request.Id}");
    }

    private static async Task SendBack(HttpContext context, AuthenticationProperties? properties, ReviewNotice notice)
    {
        if (properties?.Items.TryGetValue(RequestItem, out var id) != true || !RequestId.IsOne(id))
        {
            context.Response.Redirect("/");
            return;
        }

        await context.RequestServices.GetRequiredService<RequestStore>().WithdrawApproval(id!, context.RequestAborted);
        context.Response.Redirect($"/requests/{id}/review?notice={SnakeCase.Of(notice)}");
    }

    private static ILogger Logger(HttpContext context) =>
        context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ApprovalScheme).FullName!);
}

using Identity.Audit;
using Identity.Signing.Requests;
using Identity.Signing.SignIn;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;

namespace Identity.Signing.Approvals;

/// <summary>
/// Asks the Provider for one person's approval of one document, or of the documents of a batch: the same stock handler as for sign-in, with authorization_details
/// in the pushed request and the evidence in the token answer. It signs nobody in.
/// </summary>
internal static class ApprovalScheme
{
    public const string Name = "approval";
    private const string SubjectItem = "subject";

    public static AuthenticationBuilder AddApproval(this AuthenticationBuilder schemes, SigningSettings settings) => schemes.AddOpenIdConnect(Name, oidc =>
    {
        SignInSchemes.UseProvider(oidc, settings, "approval");
        oidc.CallbackPath = "/approvals/callback";
        oidc.GetClaimsFromUserInfoEndpoint = false;
        var ask = oidc.Events.OnRedirectToIdentityProvider;
        oidc.Events.OnRedirectToIdentityProvider = async context =>
        {
            await ask(context);
            context.ProtocolMessage.SetParameter(AuthorizationDetails.Parameter, AuthorizationDetails.Ask(Asked(context.HttpContext).Requests, settings.PublicAddress));
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
            if (context.Properties?.Items.ContainsKey(SubjectItem) != true)
            {
                await fail(context);
                return;
            }

            Logger(context.HttpContext).LogWarning(context.Failure, "An approval did not come back well");
            context.HandleResponse();
            await SendBack(context.HttpContext, context.Properties, ReviewNotice.ApprovalFailed);
        };
    });

    /// <summary>What the challenge needs: what it is for travels in the protected state, so the answer cannot be turned to another.</summary>
    public static AuthenticationProperties Properties(HttpContext context, ApprovalSubject subject)
    {
        context.Items[typeof(ApprovalSubject)] = subject;
        return new AuthenticationProperties { RedirectUri = subject.Path, Items = { [SubjectItem] = subject.Path } };
    }

    private static ApprovalSubject Asked(HttpContext context) =>
        context.Items[typeof(ApprovalSubject)] as ApprovalSubject ?? throw new InvalidOperationException("An approval is asked for requests only.");

    /// <summary>1. same person, same session; 2. store the evidence verbatim; 3. hand over. What it says is verified from the stored form.</summary>
    private static async Task Receive(TicketReceivedContext context)
    {
        context.HandleResponse();
        var http = context.HttpContext;
        var services = http.RequestServices;
        var subject = await services.GetRequiredService<BatchStore>().Asked(context.Properties?.Items[SubjectItem], http.RequestAborted);
        var session = SignedInPerson.Of((await http.AuthenticateAsync(SignInSchemes.Session)).Principal);
        var approver = context.Principal?.FindFirst(SignedInPerson.SubjectClaim)?.Value;
        if (subject is null || session is null || approver != session.Subject || subject.Requests.Any(request => request.PersonSubject != session.Subject))
        {
            await SendBack(http, context.Properties, ReviewNotice.OtherPerson);
            return;
        }

        if (http.Items[typeof(AuthorizationDetails)] is not string evidence || AuthorizationDetails.ClaimedApprovalId(evidence) is not { } approvalId)
        {
            Logger(http).LogWarning("The Provider's token answer for {Subject} holds no usable evidence", subject.Path);
            await SendBack(http, context.Properties, ReviewNotice.ApprovalFailed);
            return;
        }

        var stored = await services.GetRequiredService<ApprovalRecords>().Store(
            new StoredEvidence { ApprovalId = approvalId, Evidence = evidence, StoredAt = services.GetRequiredService<TimeProvider>().GetUtcNow() },
            subject.Requests.Select(request => request.Id),
            http.RequestAborted);
        if (!stored)
        {
            Logger(http).LogWarning("Approval {Approval} came a second time, now for {Subject}", approvalId, subject.Path);
            await SendBack(http, context.Properties, ReviewNotice.ApprovalFailed);
            return;
        }

        services.GetRequiredService<AuditLog>().Append(new EvidenceStored(subject.Id, approvalId));
        services.GetRequiredService<PendingSignatures>().Enqueue(approvalId);
        http.Response.Redirect(subject.Path);
    }

    private static async Task SendBack(HttpContext context, AuthenticationProperties? properties, ReviewNotice notice)
    {
        if (properties?.Items.TryGetValue(SubjectItem, out var path) != true || ApprovalSubject.Read(path) is not { } subject)
        {
            context.Response.Redirect("/");
            return;
        }

        await context.RequestServices.GetRequiredService<BatchStore>().WithdrawApproval(subject, context.RequestAborted);
        context.Response.Redirect($"{path}/review?notice={SnakeCase.Of(notice)}");
    }

    private static ILogger Logger(HttpContext context) =>
        context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ApprovalScheme).FullName!);
}

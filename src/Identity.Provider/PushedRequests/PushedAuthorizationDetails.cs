using Identity.Provider.Approvals;
using Identity.Provider.Clients;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.PushedRequests;

/// <summary>RFC 9396: the parameter is validated in full before the client gets a request_uri for it, and only for clients registered for its type.</summary>
internal sealed class PushedAuthorizationDetails(IOpenIddictApplicationManager applications) : IOpenIddictServerHandler<ValidatePushedAuthorizationRequestContext>
{
    internal const string Parameter = "authorization_details";

    /// <summary>RFC 9396 5.</summary>
    internal const string InvalidAuthorizationDetails = "invalid_authorization_details";

    public async ValueTask HandleAsync(ValidatePushedAuthorizationRequestContext context)
    {
        if (context.Request.GetParameter(Parameter) is not { } parameter)
            return;
        // RFC 9396 5: a client that is not permitted a type gets the same answer as for an unknown type.
        if (!await IsPermitted(context.ClientId!, context.CancellationToken))
            context.Reject(InvalidAuthorizationDetails, "This client may not use authorization_details.");
        else if (ApprovalRequest.TryRead((string?)parameter ?? "", out var refusal) is null)
            context.Reject(InvalidAuthorizationDetails, refusal);
    }

    /// <summary>What a pushed request, validated above, asks to approve; null when it asks for nothing of that kind.</summary>
    internal static ApprovalRequest? Of(OpenIddictRequest request) =>
        request.GetParameter(Parameter) is { } parameter
            ? ApprovalRequest.TryRead((string?)parameter ?? "", out _)
                ?? throw new InvalidOperationException("A pushed request holds authorization_details that were refused.")
            : null;

    private async Task<bool> IsPermitted(string clientId, CancellationToken cancellation) =>
        (await applications.MetadataOf(clientId, cancellation)).AuthorizationDetailsTypes.Contains(ApprovalRequest.DetailsType);
}

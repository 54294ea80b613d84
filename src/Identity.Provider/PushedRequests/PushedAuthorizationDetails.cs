using Identity.Provider.Approvals;
using Identity.Provider.Clients;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
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
        var named = context.Request.HasScope(ApprovalRequest.CredentialScope);
        if (named && CredentialParameters.AreIn(context.Request) && !Rewritten(context))
            return;
        if (context.Request.GetParameter(Parameter) is not { } parameter)
        {
            // CSC API v2 8.4.2: a credential is authorized for hashes (SCAL 2), or not at all.
            if (named)
                context.Reject(InvalidAuthorizationDetails, "The scope credential needs authorization_details, or credentialID and hashes.");
            return;
        }

        var client = await applications.MetadataOf(context.ClientId!, context.CancellationToken);
        // RFC 9396 5: a client that is not permitted a type gets the same answer as for an unknown type.
        if (!client.AuthorizationDetailsTypes.Contains(ApprovalRequest.DetailsType))
            context.Reject(InvalidAuthorizationDetails, "This client may not use authorization_details.");
        else if (ApprovalRequest.TryRead((string?)parameter ?? "", out var refusal) is not { } asked)
            context.Reject(InvalidAuthorizationDetails, refusal);
        else if (asked.IsOfProgram != named)
            context.Reject(InvalidAuthorizationDetails, "The scope credential and a credentialID or signatureQualifier come together.");
        // Whoever asks for signatures on documents says for whom: only one that has shown who it is can be believed.
        else if (!asked.IsOfProgram && client.TokenEndpointAuthMethod == ClientAuthenticationMethods.None)
            context.Reject(InvalidAuthorizationDetails, "A public client asks for a credential's signatures in its own name only.");
    }

    private static bool Rewritten(ValidatePushedAuthorizationRequestContext context)
    {
        // Two descriptions of what a person is to approve: nobody could say which of them was meant.
        if (context.Request.GetParameter(Parameter) is not null)
        {
            context.Reject(InvalidAuthorizationDetails, "What is to be signed is said by authorization_details or by parameters, and not by both.");
            return false;
        }

        if (CredentialParameters.AsDetails(context.Request, out var refusal) is not { } details)
        {
            context.Reject(InvalidAuthorizationDetails, refusal);
            return false;
        }

        CredentialParameters.Replace(context.Request, details);
        return true;
    }

    /// <summary>What a pushed request, validated above, asks to approve; null when it asks for nothing of that kind.</summary>
    internal static ApprovalRequest? Of(OpenIddictRequest request) =>
        request.GetParameter(Parameter) is { } parameter
            ? ApprovalRequest.TryRead((string?)parameter ?? "", out _)
                ?? throw new InvalidOperationException("A pushed request holds authorization_details that were refused.")
            : null;
}

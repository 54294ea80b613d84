using System.Collections.Immutable;
using Identity.Provider.Approvals;
using Identity.Provider.Encryption;
using Identity.Provider.Sessions;
using Identity.Provider.Storage;
using Identity.Provider.Token;
using Identity.Provider.UserInfo;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.EntityFrameworkCore.Models;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.Discovery;

/// <summary>Members that OpenIddict cannot know of (OpenID Connect Discovery 3, RFC 8414 2, RFC 9126 5, RFC 9396 10).</summary>
internal sealed class DiscoveryDocument(ProviderDatabase database, ProviderSettings settings) : IOpenIddictServerHandler<HandleConfigurationRequestContext>
{
    private static readonly ImmutableArray<string?> AssertionAlgorithms = [SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.RsaSsaPssSha256];
    private static readonly ImmutableArray<string?> Languages = ["en", "et", "zh-Hans"];

    public async ValueTask HandleAsync(HandleConfigurationRequestContext context)
    {
        context.SubjectTypes.Clear();
        context.SubjectTypes.Add(SubjectTypes.Pairwise);
        context.Claims.UnionWith([Claims.Subject, "acr", "amr", "auth_time", "sid", .. ScopeClaims.All]);
        // Of all clients: RS256 is for those registered as legacy.
        context.Metadata["token_endpoint_auth_signing_alg_values_supported"] = new([.. AssertionAlgorithms, SecurityAlgorithms.RsaSha256]);
        // RFC 8414 2: revocation and introspection know the clients by the same means.
        context.Metadata["revocation_endpoint_auth_signing_alg_values_supported"] = new([.. AssertionAlgorithms, SecurityAlgorithms.RsaSha256]);
        context.Metadata["introspection_endpoint_auth_signing_alg_values_supported"] = new([.. AssertionAlgorithms, SecurityAlgorithms.RsaSha256]);
        // RFC 9449 5.1.
        context.Metadata["dpop_signing_alg_values_supported"] = new(AssertionAlgorithms);
        context.Metadata["userinfo_signing_alg_values_supported"] = new([.. TokenKey.Algorithms]);
        foreach (var what in new[] { "id_token", "userinfo" })
        {
            context.Metadata[$"{what}_encryption_alg_values_supported"] = new([.. RecipientKey.Algorithms]);
            context.Metadata[$"{what}_encryption_enc_values_supported"] = new([.. ContentEncryption.All.Select(encryption => encryption.Name)]);
        }

        context.Metadata["acr_values_supported"] = settings.AttestationRoots.AreNone
            ? new([AssuranceLevel.Substantial])
            : new([AssuranceLevel.Substantial, AssuranceLevel.High]);
        context.Metadata["claims_parameter_supported"] = true;
        context.Metadata["ui_locales_supported"] = new(Languages);
        context.Metadata["authorization_details_types_supported"] = new([ApprovalRequest.DetailsType]);
        // OpenID Connect RP-Initiated Logout 2.1, Back-Channel Logout 2.1.
        context.EndSessionEndpoint = new Uri(context.Options.Issuer!, Logout.EndSessionEndpoint.Path);
        context.Metadata["backchannel_logout_supported"] = true;
        context.Metadata["backchannel_logout_session_supported"] = true;
        // RFC 7591 3, OpenID Connect Discovery 3.
        context.Metadata["registration_endpoint"] = new Uri(context.Issuer!, "register").AbsoluteUri;
        context.RequirePushedAuthorizationRequests = !await AnyClientMayComeWithoutPushing(context.CancellationToken);
    }

    // RFC 9126 5 tells of all clients, 6 of each: it is true while each one must push. Asked of the database, since clients may come and go.
    private Task<bool> AnyClientMayComeWithoutPushing(CancellationToken cancellation) =>
        database.Set<OpenIddictEntityFrameworkCoreApplication>()
            .AnyAsync(client => client.Requirements == null || !client.Requirements.Contains($"\"{Requirements.Features.PushedAuthorizationRequests}\""), cancellation);
}

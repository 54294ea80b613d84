using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.MutualTls;

/// <summary>RFC 8705 2.1.1, 2.2.1, 3.3, 5, and the method of public clients.</summary>
internal sealed class MutualTlsMetadata(ProviderSettings settings) : IOpenIddictServerHandler<HandleConfigurationRequestContext>
{
    public ValueTask HandleAsync(HandleConfigurationRequestContext context)
    {
        foreach (var (endpoint, methods) in new[]
        {
            (context.TokenEndpoint, context.TokenEndpointAuthenticationMethods),
            (context.RevocationEndpoint, context.RevocationEndpointAuthenticationMethods),
            (context.IntrospectionEndpoint, context.IntrospectionEndpointAuthenticationMethods),
            (context.PushedAuthorizationEndpoint, context.PushedAuthorizationEndpointAuthenticationMethods),
            (context.DeviceAuthorizationEndpoint, context.DeviceAuthorizationEndpointAuthenticationMethods),
        })
        {
            if (endpoint is null)
                continue;
            if (endpoint != context.IntrospectionEndpoint)
                methods.Add(ClientAuthenticationMethods.None);
            if (settings.MutualTls is not null)
                methods.UnionWith(["tls_client_auth", "self_signed_tls_client_auth"]);
        }

        if (settings.MutualTls is not { Address: var address })
            return ValueTask.CompletedTask;
        context.TlsClientCertificateBoundAccessTokens = true;
        context.MtlsTokenEndpointAlias = At(context.TokenEndpoint);
        context.MtlsUserInfoEndpointAlias = At(context.UserInfoEndpoint);
        context.MtlsPushedAuthorizationEndpointAlias = At(context.PushedAuthorizationEndpoint);
        context.MtlsRevocationEndpointAlias = At(context.RevocationEndpoint);
        context.MtlsIntrospectionEndpointAlias = At(context.IntrospectionEndpoint);
        context.MtlsDeviceAuthorizationEndpointAlias = At(context.DeviceAuthorizationEndpoint);
        return ValueTask.CompletedTask;

        Uri? At(Uri? endpoint) => endpoint is null ? null : new Uri(address, endpoint.AbsolutePath);
    }
}

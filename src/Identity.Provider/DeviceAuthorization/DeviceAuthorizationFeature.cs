using Identity.Provider.Clients;
using Identity.Provider.Discovery;
using Identity.Provider.RefreshTokens;
using Identity.Provider.ResourceIndicators;
using OpenIddict.Server;
using OpenIddict.Server.AspNetCore;
using static Identity.Provider.ProviderApp;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.DeviceAuthorization;

/// <summary>RFC 8628: what it is made of.</summary>
internal static class DeviceAuthorizationFeature
{
    public static void AddDeviceAuthorization(this IServiceCollection services)
    {
        services.AddSingleton<DeviceCodes>();
        services.AddScoped<DeviceGrant>();
        services.AddScoped<DeviceApproval>();
    }

    /// <summary>The handlers, in the order in which a device meets them.</summary>
    public static void AddDeviceAuthorization(this OpenIddictServerBuilder server)
    {
        After<ProcessRequestContext, DeviceAuthorizationEndpoint.PageForPeople>(server, OpenIddictServerHandlers.InferEndpointType.Descriptor);
        First<ValidateDeviceAuthorizationRequestContext, OfflineAccess<ValidateDeviceAuthorizationRequestContext>>(server);
        Before<ValidateDeviceAuthorizationRequestContext, PermittedScopes<ValidateDeviceAuthorizationRequestContext>>(
            server, OpenIddictServerHandlers.Device.ValidateScopePermissions.Descriptor);
        After<ValidateDeviceAuthorizationRequestContext, DeviceAuthorizationEndpoint.OpenIdScope>(server, OpenIddictServerHandlers.Device.ValidateScopePermissions.Descriptor);
        After<ValidateDeviceAuthorizationRequestContext, AskedResources<ValidateDeviceAuthorizationRequestContext>>(
            server, OpenIddictServerHandlers.Device.ValidateScopePermissions.Descriptor);
        After<ProcessSignInContext, DeviceAuthorizationEndpoint>(server, OpenIddictServerHandlers.EvaluateGeneratedTokens.Descriptor);
        Before<ApplyDeviceAuthorizationResponseContext, DeviceAuthorizationEndpoint.Answer>(
            server, OpenIddictServerAspNetCoreHandlers.AttachHttpResponseCode<ApplyDeviceAuthorizationResponseContext>.Descriptor);
        Before<ApplyDeviceAuthorizationResponseContext, NoForeignPages<ApplyDeviceAuthorizationResponseContext>>(
            server, OpenIddictServerAspNetCoreHandlers.AttachHttpResponseCode<ApplyDeviceAuthorizationResponseContext>.Descriptor);
        server.RemoveEventHandler(OpenIddictServerHandlers.ValidateDeviceCode.Descriptor);
        After<ProcessAuthenticationContext, DeviceGrant.Presented>(server, OpenIddictServerHandlers.ValidateDeviceCode.Descriptor);
    }
}

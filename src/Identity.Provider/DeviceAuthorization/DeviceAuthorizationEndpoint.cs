using Identity.Provider.ResourceIndicators;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.DeviceAuthorization;

/// <summary>
/// RFC 8628 3.2: the answer to a validated request of a client that has shown who it is. The codes are our own: the engine's are tokens whose state changes,
/// and those of this Provider's store are only ever added to.
/// </summary>
internal sealed class DeviceAuthorizationEndpoint(ProviderSettings settings, DeviceCodes codes, IOpenIddictApplicationManager applications, TimeProvider time)
    : IOpenIddictServerHandler<ProcessSignInContext>
{
    public async ValueTask HandleAsync(ProcessSignInContext context)
    {
        if (context.EndpointType != OpenIddictServerEndpointType.DeviceAuthorization)
            return;
        context.GenerateDeviceCode = context.IncludeDeviceCode = context.GenerateUserCode = context.IncludeUserCode = false;
        var client = await applications.FindByClientIdAsync(context.ClientId!, context.CancellationToken) ?? throw new InvalidOperationException("A validated client has vanished.");
        var (deviceCode, userCode) = await codes.Begin(new DeviceRequest(
            context.ClientId!,
            (await applications.GetIdAsync(client, context.CancellationToken))!,
            context.Request.GetScopes(),
            LoginResources.Audiences(settings, context.Request),
            time.GetUtcNow() + settings.DeviceCodeLifetime));
        context.Transaction.SetProperty(typeof(Begun).FullName!, new Begun(deviceCode, UserCode.Shown(userCode)));
    }

    private sealed record Begun(string DeviceCode, string UserCode);

    /// <summary>RFC 8628 3.2. Last, after the engine has written what it knows of its own codes.</summary>
    internal sealed class Answer(ProviderSettings settings) : IOpenIddictServerHandler<ApplyDeviceAuthorizationResponseContext>
    {
        public ValueTask HandleAsync(ApplyDeviceAuthorizationResponseContext context)
        {
            if (context.Transaction.GetProperty<Begun>(typeof(Begun).FullName!) is not { } begun || !string.IsNullOrEmpty(context.Error))
                return ValueTask.CompletedTask;
            var page = new Uri(settings.Issuer, ConnectDeviceModel.Address).AbsoluteUri;
            context.Response.DeviceCode = begun.DeviceCode;
            context.Response.UserCode = begun.UserCode;
            context.Response.SetParameter(Parameters.VerificationUri, page);
            context.Response.SetParameter(Parameters.VerificationUriComplete, $"{page}?{Parameters.UserCode}={begun.UserCode}");
            context.Response.ExpiresIn = (long)settings.DeviceCodeLifetime.TotalSeconds;
            context.Response.SetParameter("interval", (long)DeviceCodes.Interval.TotalSeconds);
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>RFC 8628 3.3: the engine wants to know the page for people, and would then answer it itself.</summary>
    internal sealed class PageForPeople : IOpenIddictServerHandler<ProcessRequestContext>
    {
        public ValueTask HandleAsync(ProcessRequestContext context)
        {
            if (context.EndpointType == OpenIddictServerEndpointType.EndUserVerification)
                context.EndpointType = OpenIddictServerEndpointType.Unknown;
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>OpenID Connect Core 3.1.2.1, here as at the pushed request: this Provider's tokens of people are those of a login.</summary>
    internal sealed class OpenIdScope : IOpenIddictServerHandler<ValidateDeviceAuthorizationRequestContext>
    {
        public ValueTask HandleAsync(ValidateDeviceAuthorizationRequestContext context)
        {
            if (!context.Request.HasScope(Scopes.OpenId))
                context.Reject(Errors.InvalidScope, "The scope must hold openid.");
            return ValueTask.CompletedTask;
        }
    }
}

namespace Identity.Provider.Logout;

/// <summary>Signing out everywhere: OpenID Connect RP-Initiated Logout 1.0 and Back-Channel Logout 1.0.</summary>
internal static class LogoutFeature
{
    /// <summary>Who tells agencies, and the endpoint. What waits to be told is part of the sessions (<c>AddSessionRegister</c>).</summary>
    public static void AddLogout(this IServiceCollection services, LogoutLimits limits)
    {
        services.AddSingleton(limits);
        services.AddSingleton<LogoutToken>();
        services.AddHostedService<LogoutDeliveries>();
        services.AddScoped<IdTokenHint>();
        services.AddScoped<LogoutRequest.Checks>();
        services.AddScoped<EndSessionEndpoint>();
    }
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.Provider.Clients;
using Identity.Provider.Token;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Identity.Provider.Logout;

/// <summary>OpenID Connect Back-Channel Logout 1.0, 2.4.</summary>
internal sealed class LogoutToken(ProviderSettings settings, TokenKeys keys, TimeProvider time)
{
    internal const string Type = "logout+jwt";
    internal const string Event = "http://schemas.openid.net/event/backchannel-logout";

    /// <summary>2.4: "preferably at most two minutes in the future".</summary>
    internal static readonly TimeSpan Life = TimeSpan.FromMinutes(2);

    private const int IdentifierBytes = 16;

    /// <summary>A new one for each attempt: an agency that took the last one, and whose answer got lost, would call the same one a replay.</summary>
    public string For(LogoutDelivery delivery, ClientMetadata client)
    {
        var now = time.GetUtcNow();
        var claims = new JsonObject
        {
            ["iss"] = settings.Issuer.AbsoluteUri,
            ["aud"] = delivery.ClientId,
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = (now + Life).ToUnixTimeSeconds(),
            ["jti"] = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(IdentifierBytes)),
            ["events"] = new JsonObject { [Event] = new JsonObject() },
            ["sub"] = delivery.Subject,
            ["sid"] = delivery.SessionId,
        };
        // 2.6: signed as the client's ID tokens are.
        return new JsonWebTokenHandler().CreateToken(
            claims.ToJsonString(JsonSerializerOptions.Default), keys.Active(client.IdTokenSignedResponseAlg).Credentials, new Dictionary<string, object> { ["typ"] = Type });
    }
}

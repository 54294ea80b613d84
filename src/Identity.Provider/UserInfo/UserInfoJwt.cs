using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.Provider.Clients;
using Identity.Provider.Encryption;
using Identity.Provider.Token;
using Microsoft.AspNetCore;
using Microsoft.IdentityModel.JsonWebTokens;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.UserInfo;

/// <summary>
/// OpenID Connect Core 5.3.2: the answer as a JWT for clients that are registered so: signed, encrypted, or signed and then encrypted. It is made before
/// the status is decided, because a client that is to get it encrypted and has no key gets an error and not the claims.
/// </summary>
internal sealed class UserInfoJwt(ProviderSettings settings, IOpenIddictApplicationManager applications, TokenKeys keys, ClientEncryption encryption)
    : IOpenIddictServerHandler<ApplyUserInfoResponseContext>
{
    private const string ClientProperty = "userinfo_client";
    private const string JwtProperty = "userinfo_jwt";

    private static readonly JsonWebTokenHandler Signer = new() { SetDefaultTimesOnTokenCreation = false };

    public async ValueTask HandleAsync(ApplyUserInfoResponseContext context)
    {
        if (context.Response is not { Error: null } response || context.Transaction.GetProperty<string>(ClientProperty) is not { } client)
            return;
        var metadata = await applications.MetadataOf(client, context.CancellationToken);
        if (metadata is { UserinfoSignedResponseAlg: null, UserinfoEncryptedResponseAlg: null })
            return;

        // iss and aud make it a statement of this Provider for this client, and nobody else's.
        var claims = Claims(response);
        claims["iss"] = settings.Issuer.AbsoluteUri;
        claims["aud"] = client;
        var content = claims.ToJsonString();
        var signed = metadata.UserinfoSignedResponseAlg is { } algorithm;
        if (signed)
            content = Signer.CreateToken(content, keys.Active(metadata.UserinfoSignedResponseAlg!).Credentials);
        if (metadata.UserinfoEncryptedResponseAlg is { } recipient)
        {
            content = await encryption.Encrypt(
                Encoding.UTF8.GetBytes(content), signed ? "JWT" : null, client, recipient, metadata.UserinfoEncryptedResponseEnc!, context.CancellationToken);
        }

        if (content is null)
            context.Response = new OpenIddictResponse { Error = Errors.ServerError, ErrorDescription = "The client has no key that the answer can be encrypted for." };
        else
            context.Transaction.SetProperty(JwtProperty, content);
    }

    private static JsonObject Claims(OpenIddictResponse response)
    {
        var written = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(written))
            response.WriteTo(writer);
        return JsonNode.Parse(written.WrittenSpan)!.AsObject();
    }

    /// <summary>Which client the access token was issued to is known while the request is handled only.</summary>
    internal sealed class Client : IOpenIddictServerHandler<HandleUserInfoRequestContext>
    {
        public ValueTask HandleAsync(HandleUserInfoRequestContext context)
        {
            // RFC 9068 2.2.
            context.Transaction.SetProperty(ClientProperty, context.AccessTokenPrincipal!.GetClaim(OpenIddictConstants.Claims.ClientId)!);
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Writes the JWT where the engine would write JSON.</summary>
    internal sealed class Write : IOpenIddictServerHandler<ApplyUserInfoResponseContext>
    {
        public async ValueTask HandleAsync(ApplyUserInfoResponseContext context)
        {
            if (context.Transaction.GetProperty<string>(JwtProperty) is not { } jwt)
                return;
            var response = context.Transaction.GetHttpRequest()!.HttpContext.Response;
            response.ContentType = "application/jwt";
            response.ContentLength = jwt.Length;
            await response.WriteAsync(jwt, Encoding.ASCII, context.CancellationToken);
            context.HandleRequest();
        }
    }
}

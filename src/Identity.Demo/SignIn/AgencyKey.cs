using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Demo.SignIn;

/// <summary>The agency's key, with which it shows the Provider that it is the registered client (RFC 7523, <c>private_key_jwt</c>).</summary>
public sealed class AgencyKey : IDisposable
{
    public const string AssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);

    readonly ECDsa key = ECDsa.Create();
    readonly SigningCredentials credentials;
    readonly DemoSettings settings;
    readonly TimeProvider time;

    public AgencyKey(DemoSettings settings, TimeProvider time)
    {
        this.settings = settings;
        this.time = time;
        key.ImportFromPem(File.ReadAllText(settings.KeyFile));
        var securityKey = new ECDsaSecurityKey(key);
        // RFC 7638: the registration names the key by its thumbprint.
        securityKey.KeyId = Base64UrlEncoder.Encode(securityKey.ComputeJwkThumbprint());
        credentials = new SigningCredentials(securityKey, SecurityAlgorithms.EcdsaSha256);
    }

    /// <summary>A new assertion, good once and for a minute.</summary>
    public string Assertion()
    {
        var now = time.GetUtcNow().UtcDateTime;
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            TokenType = "client-authentication+jwt",
            Issuer = settings.ClientId,
            Audience = settings.Authority.AbsoluteUri,
            IssuedAt = now,
            Expires = now + Lifetime,
            Claims = new Dictionary<string, object>
            {
                [JwtRegisteredClaimNames.Sub] = settings.ClientId,
                [JwtRegisteredClaimNames.Jti] = Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(16)),
            },
            SigningCredentials = credentials,
        });
    }

    public void Authenticate(OpenIdConnectMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        message.ClientId = settings.ClientId;
        message.ClientAssertionType = AssertionType;
        message.ClientAssertion = Assertion();
    }

    public void Dispose() => key.Dispose();
}

using System.Security.Cryptography;
using System.Text;
using Identity.Provider.Clients;
using Identity.Web;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Identity.Provider.Encryption;

/// <summary>
/// Encrypts for a client, with its key of the moment. A client that is registered for encryption gets nothing unencrypted: without a key to encrypt
/// for there is no answer.
/// </summary>
internal sealed partial class ClientEncryption(ClientKeySets keySets, ILogger<ClientEncryption> logger)
{
    /// <summary>Null when the client has no key for it; the operator's log says so.</summary>
    internal async ValueTask<string?> Encrypt(byte[] plaintext, string? contentType, string clientId, string algorithm, string encryption, CancellationToken cancellation)
    {
        var keys = await keySets.For(clientId, keyId: null, cancellation);
        if (RecipientKey.Choose(keys, algorithm) is not { } recipient)
        {
            LogNoKey(logger, SafeText.ForDisplay(clientId), algorithm);
            return null;
        }

        try
        {
            return CompactEncryption.Write(plaintext, recipient, ContentEncryption.Named(encryption), contentType);
        }
        catch (Exception unusable) when (unusable is CryptographicException or FormatException)
        {
            LogBadKey(logger, SafeText.ForDisplay(clientId), algorithm, unusable.Message);
            return null;
        }
    }

    [LoggerMessage(LogLevel.Error, "Client {Client} is registered for {Algorithm} and has no key for it: it was answered server_error.")]
    private static partial void LogNoKey(ILogger logger, string client, string algorithm);

    [LoggerMessage(LogLevel.Error, "Client {Client} is registered for {Algorithm} and its key cannot be used ({Problem}): it was answered server_error.")]
    private static partial void LogBadKey(ILogger logger, string client, string algorithm, string problem);

    /// <summary>OpenID Connect Core 2: signed, then encrypted (nested, RFC 7519 5.2), once the engine has signed it.</summary>
    internal sealed class OfIdToken(IOpenIddictApplicationManager applications, ClientEncryption encryption) : IOpenIddictServerHandler<GenerateTokenContext>
    {
        public async ValueTask HandleAsync(GenerateTokenContext context)
        {
            if (context.TokenType != TokenTypeIdentifiers.IdentityToken)
                return;
            var metadata = await applications.MetadataOf(context.ClientId!, context.CancellationToken);
            if (metadata.IdTokenEncryptedResponseAlg is not { } algorithm)
                return;
            var signed = Encoding.ASCII.GetBytes(context.Token!);
            context.Token = await encryption.Encrypt(signed, "JWT", context.ClientId!, algorithm, metadata.IdTokenEncryptedResponseEnc!, context.CancellationToken);
            if (context.Token is null)
                context.Reject(Errors.ServerError, "The client has no key that its ID token can be encrypted for.");
        }
    }
}

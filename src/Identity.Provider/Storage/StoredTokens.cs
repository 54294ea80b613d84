using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using OpenIddict.Abstractions;
using OpenIddict.Core;

namespace Identity.Provider.Storage;

/// <summary>
/// The protocol engine's view of tokens. Before each write it looks whether the reference is taken; references here are 256 random bits, and a look that costs a
/// round trip at every write tells nothing.
/// </summary>
internal sealed class StoredTokens(
    IOpenIddictTokenCache<TokenEntry> cache, ILogger<OpenIddictTokenManager<TokenEntry>> logger, IOptionsMonitor<OpenIddictCoreOptions> options, IOpenIddictTokenStore<TokenEntry> store)
    : OpenIddictTokenManager<TokenEntry>(cache, logger, options, store)
{
    public override IAsyncEnumerable<ValidationResult> ValidateAsync(TokenEntry token, CancellationToken cancellationToken = default) =>
        token.Type is { Length: > 0 } && token.Status is { Length: > 0 }
            ? AsyncEnumerable.Empty<ValidationResult>()
            : throw new InvalidOperationException("A token without type or status is not one of the protocol engine's.");
}

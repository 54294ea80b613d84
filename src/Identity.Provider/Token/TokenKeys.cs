using Identity.Keys;
using Microsoft.IdentityModel.Tokens;

namespace Identity.Provider.Token;

/// <summary>The keys that sign tokens, one for each algorithm. Ask for each signature anew, and keep none.</summary>
public sealed class TokenKeys(KeyRing keys)
{
    private readonly TokenKey[] all =
    [
        TokenKey.Get(keys, "token-es256", SecurityAlgorithms.EcdsaSha256),
        TokenKey.Get(keys, "token-ps256", SecurityAlgorithms.RsaSsaPssSha256),
        TokenKey.Get(keys, "token-rs256", SecurityAlgorithms.RsaSha256),
    ];

    /// <summary>The key that signs with this algorithm now.</summary>
    public TokenKey Active(string algorithm) => all.Single(key => key.Algorithm == algorithm);

    /// <summary>Those that others verify with: all that the key set shows.</summary>
    public IReadOnlyList<TokenKey> Published => all;
}

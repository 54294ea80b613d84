using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Identity.Provider.Clients;

/// <summary>
/// Secrets of clients, stored as SHA-256. They are 256 random bits or more (<see cref="ClientRegistration"/>), so there is nothing to guess and
/// nothing for salt or rounds to slow down; the engine's own way costs 3 ms of every request, also of a stranger's.
/// </summary>
internal static class ClientSecrets
{
    private const string Prefix = "sha256:";

    public static string Stored(string secret) => Prefix + Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>Digests of equal length, compared in constant time.</summary>
    public static bool Fits(string secret, string stored) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Stored(secret)), Encoding.ASCII.GetBytes(stored));
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Identity.Provider.Storage;
using Microsoft.EntityFrameworkCore;

namespace Identity.Provider.Enrolment;

/// <summary>
/// Enrolment codes: 12 symbols of Crockford's base 32 (60 bits), stored as a slow hash, so that a copy of the database gives away no code that is
/// still good. The salt is one for all, because a code is found by its hash.
/// </summary>
public sealed class EnrolmentCodes(ProviderDatabase database, ProviderSettings settings, TimeProvider time)
{
    /// <summary>Longer input is no code.</summary>
    public const int MaxCharacters = 64;

    private const int Symbols = 12;
    private const int Iterations = 100_000;
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <summary>A new random code in groups of four.</summary>
    public static string New() => string.Join('-', RandomNumberGenerator.GetString(Alphabet, Symbols).Chunk(4).Select(group => new string(group)));

    /// <summary>Base64url of the code's hash. Letters that are misread for digits, case, hyphens and spaces make no difference.</summary>
    public static string Hash(string code)
    {
        var normal = new StringBuilder(code.Length);
        foreach (var symbol in code.ToUpperInvariant())
        {
            if (symbol is '-' || char.IsWhiteSpace(symbol))
                continue;
            // Crockford's base 32: O is read as 0, I and L as 1.
            normal.Append(symbol switch { 'O' => '0', 'I' or 'L' => '1', _ => symbol });
        }
        var hash = Rfc2898DeriveBytes.Pbkdf2(
            Encoding.UTF8.GetBytes(normal.ToString()), "identity-enrolment-code-1"u8, Iterations, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
        return Base64Url.EncodeToString(hash);
    }

    /// <summary>The code when it is known, unspent and not expired; otherwise null, without saying which.</summary>
    public async Task<EnrolmentCode?> Find(string code, CancellationToken cancellation)
    {
        if (code.Length > MaxCharacters)
            return null;
        return await FindHash(Hash(code), cancellation);
    }

    /// <summary>The same, for a code found a moment ago.</summary>
    public async Task<EnrolmentCode?> FindHash(string hash, CancellationToken cancellation)
    {
        var found = await database.EnrolmentCodes.AsNoTracking().SingleOrDefaultAsync(row => row.Hash == hash, cancellation);
        return found is { Used: null } && found.Expires > time.GetUtcNow() && (settings.SeedDemo || !found.Reusable) ? found : null;
    }

    /// <summary>Spends an ordinary code by one conditional update. False: somebody else did, or it has expired. A reusable code stays.</summary>
    public async Task<bool> Spend(EnrolmentCode code, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        if (code.Reusable)
            return code.Expires > now;
        var spent = await database.EnrolmentCodes
            .Where(row => row.Hash == code.Hash && row.Used == null && row.Expires > now)
            .ExecuteUpdateAsync(row => row.SetProperty(c => c.Used, now), cancellation);
        return spent == 1;
    }

    /// <summary>Stores a code for a person.</summary>
    public async Task Add(string code, string personId, TimeSpan lifetime, CancellationToken cancellation)
    {
        database.EnrolmentCodes.Add(new EnrolmentCode { Hash = Hash(code), PersonId = personId, Reusable = false, Expires = time.GetUtcNow() + lifetime });
        await database.SaveChangesAsync(cancellation);
    }
}

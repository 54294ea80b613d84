using System.Formats.Asn1;
using System.Numerics;
using Identity.Pkix.Asn1;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>
/// RSA keys known to be weak: SP 800-89 5.3.3 (even modulus, small factor, exponent), CVE-2017-15361 (primes made as 65537^a mod M: the modulus shows it
/// modulo small primes), CVE-2022-26320 (primes close to each other, found by Fermat's method within a few rounds).
/// </summary>
internal static class RsaKeyLint
{
    private const int Exponent = 65537;
    private const int LargestSmallPrime = 751;
    private const int FermatRounds = 100;

    private static readonly int[] SmallPrimes = [.. Enumerable.Range(2, LargestSmallPrime - 1).Where(n => Enumerable.Range(2, n - 2).All(d => d * d > n || n % d != 0))];

    private static readonly (int Prime, HashSet<int> Powers)[] Fingerprint =
        [.. new[] { 11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157 }.Select(prime => (prime, Powers(prime)))];

    public static string? Check(Certificate certificate, LintContext context)
    {
        var key = certificate.PublicKey;
        if (key.Kind != PublicKeyKind.Rsa) return null;
        // RFC 4055 1.2: the plain identifier, so that software without knowledge of PSS keys reads it.
        if (key.Algorithm.Oid != Oids.RsaEncryption || !key.Algorithm.HasNoParameters) return "not the plain key identifier";
        if (key.Exponent != Exponent) return "exponent is not 65537";
        var modulus = new AsnReader(key.KeyBits, AsnEncodingRules.DER).ReadSequence().ReadInteger();
        if (SmallPrimes.Any(prime => (modulus % prime).IsZero)) return "a small factor";
        if (Fingerprint.All(f => f.Powers.Contains((int)(modulus % f.Prime)))) return "primes of a known weak generator";
        return HasClosePrimes(modulus) ? "primes close to each other" : null;
    }

    private static HashSet<int> Powers(int prime)
    {
        var powers = new HashSet<int>();
        for (var power = 1; powers.Add(power);) power = (int)((long)power * Exponent % prime);
        return powers;
    }

    private static bool HasClosePrimes(BigInteger modulus)
    {
        var middle = SquareRoot(modulus);
        for (var round = 0; round < FermatRounds; round++)
        {
            middle++;
            var rest = (middle * middle) - modulus;
            var root = SquareRoot(rest);
            if (root * root == rest) return true;
        }
        return false;
    }

    // Newton's method from above: falls until it is the integer part of the root.
    private static BigInteger SquareRoot(BigInteger value)
    {
        if (value.Sign <= 0) return BigInteger.Zero;
        var root = BigInteger.One << (int)((value.GetBitLength() + 1) / 2);
        while (true)
        {
            var next = (root + (value / root)) >> 1;
            if (next >= root) return root;
            root = next;
        }
    }
}

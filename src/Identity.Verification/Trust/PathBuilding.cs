using Identity.Pkix.X509;
using Identity.Verification.Policy;

namespace Identity.Verification.Trust;

/// <summary>A way from a certificate to a trust anchor: leaf first, anchor last. Each is signed by the next.</summary>
public sealed record CertificatePath(IReadOnlyList<Certificate> Certificates)
{
    public Certificate Leaf => Certificates[0];

    public Certificate Anchor => Certificates[^1];

    /// <summary>The issuer of the certificate at this position; null for the anchor.</summary>
    public Certificate? IssuerOf(int position) => position + 1 < Certificates.Count ? Certificates[position + 1] : null;
}

/// <summary>Finding paths (RFC 4158), within caps: names chain, signatures verify, no certificate twice.</summary>
public static class PathBuilding
{
    /// <summary>Paths that are handed to validation; the first that validates is taken.</summary>
    public const int MostPaths = 8;

    /// <param name="purpose">What the leaf is used for: an anchor for something else is a certificate like others.</param>
    public static IReadOnlyList<CertificatePath> Build(Certificate leaf, CertificatePurpose purpose, CertificatePool pool)
    {
        var paths = new List<CertificatePath>();
        var steps = ValidationCaps.PathSteps;
        var waiting = new Stack<List<Certificate>>();
        waiting.Push([leaf]);
        while (waiting.TryPop(out var path) && paths.Count < MostPaths)
        {
            var last = path[^1];
            if (pool.Anchors.Contains(last, purpose))
            {
                paths.Add(new CertificatePath(path));
                continue;
            }
            if (path.Count == ValidationCaps.PathLength)
                continue;
            // Reversed, because the best candidate is to be popped first.
            foreach (var issuer in pool.PossibleIssuers(last).Reverse())
            {
                if (--steps < 0)
                    return paths;
                if (!path.Contains(issuer) && pool.IsSignedBy(last, issuer))
                    waiting.Push([.. path, issuer]);
            }
        }
        return paths;
    }

    /// <summary>The chain as far as it goes when no anchor is reached: for the report, it proves nothing.</summary>
    public static IReadOnlyList<Certificate> AsFarAsPossible(Certificate leaf, CertificatePool pool)
    {
        var chain = new List<Certificate> { leaf };
        while (chain.Count < ValidationCaps.PathLength)
        {
            var next = pool.PossibleIssuers(chain[^1]).FirstOrDefault(issuer => !chain.Contains(issuer) && pool.IsSignedBy(chain[^1], issuer));
            if (next is null)
                break;
            chain.Add(next);
        }
        return chain;
    }
}

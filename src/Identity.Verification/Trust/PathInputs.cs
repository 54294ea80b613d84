using System.Security.Cryptography.X509Certificates;
using Identity.Pkix.Asn1;

namespace Identity.Verification.Trust;

/// <summary>What a verifier asks of a path besides the certificates (RFC 5280 6.1.1 (c), (e), (f), (g)).</summary>
public sealed record PathInputs
{
    public static PathInputs Default { get; } = new();

    /// <summary>A signer whose certificate states key usages has one of these (4.2.1.3).</summary>
    public X509KeyUsageFlags KeyUsages { get; init; } = X509KeyUsageFlags.NonRepudiation | X509KeyUsageFlags.DigitalSignature;

    /// <summary>
    /// A signer whose certificate states purposes has one of these (4.2.1.12): RFC 9336, those of Adobe and Microsoft, and the ones that
    /// national identity cards carry, whose profiles are older than RFC 9336. Those of servers, code, time-stamps and OCSP do not fit.
    /// </summary>
    public IReadOnlyCollection<string> Purposes { get; init; } =
    [
        Oids.UsageAny, Oids.UsageDocumentSigning, Oids.UsageAdobeDocumentSigning, Oids.UsageMicrosoftDocumentSigning, Oids.UsageEmailProtection, Oids.UsageClientAuth,
    ];

    /// <summary>user-initial-policy-set; empty = any policy.</summary>
    public IReadOnlyCollection<string> AcceptedPolicies { get; init; } = [];

    /// <summary>initial-explicit-policy: the path must be valid for one of the accepted policies.</summary>
    public bool ExplicitPolicy { get; init; }

    /// <summary>initial-policy-mapping-inhibit.</summary>
    public bool InhibitPolicyMapping { get; init; }

    /// <summary>initial-any-policy-inhibit.</summary>
    public bool InhibitAnyPolicy { get; init; }
}

using Identity.Verification.Trust;

namespace Identity.Verification.TrustedLists;

/// <summary>Whom a validation trusts: one moment's anchors and the listed services among them.</summary>
public sealed record Trusted(TrustAnchors Anchors, TrustedServices Services);

/// <summary>What validations that begin now trust: as read at start, until newer lists were read. May be used concurrently.</summary>
public sealed class TrustInForce(VerificationSettings settings)
{
    private volatile Trusted now = new(settings.Services.Anchors(settings.OwnAnchors), settings.Services);

    public Trusted Now => now;

    internal void Replace(TrustedServices services) => now = new Trusted(services.Anchors(settings.OwnAnchors), services);
}

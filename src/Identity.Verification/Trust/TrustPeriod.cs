namespace Identity.Verification.Trust;

/// <summary>For what and when an anchor is trusted.</summary>
/// <param name="Purpose">Signers or time-stamps; <see cref="CertificatePurpose.Any"/> for both.</param>
/// <param name="Since">First moment.</param>
/// <param name="Until">First moment at which it is no longer trusted; null = no end.</param>
/// <param name="StatedUntil">Who says so has to be heard again by then (TS 119 612 5.3.15: NextUpdate of the list); null = it stands.</param>
public sealed record TrustPeriod(CertificatePurpose Purpose, DateTimeOffset Since, DateTimeOffset? Until, DateTimeOffset? StatedUntil)
{
    public bool IsFor(CertificatePurpose purpose) => purpose == CertificatePurpose.Any || Purpose == CertificatePurpose.Any || Purpose == purpose;

    public bool Contains(DateTimeOffset moment) => Since <= moment && !(Until <= moment);
}

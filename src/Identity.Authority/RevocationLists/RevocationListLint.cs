using Identity.Pkix.Crl;

namespace Identity.Authority.RevocationLists;

/// <summary>The rules for lists, read from the finished list before the issuer's key is touched. Null, or what is wrong.</summary>
internal static class RevocationListLint
{
    /// <summary>CA/Browser Forum practice ends at 10 days for leaves; a list that holds for longer than a month hides revocations from whoever keeps it.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(31);

    public static string? Check(CertificateRevocationList list, CrlContent intended)
    {
        // RFC 5280 5.1.2.3, 5.2.1.
        if (!list.Issuer.Raw.Span.SequenceEqual(intended.Issuer.Subject.Raw.Span)) return "issuer is not the subject of the authority";
        if (list.AuthorityKeyIdentifier?.KeyIdentifier is not { } identifier || intended.Issuer.Facts.SubjectKeyIdentifier is not { } own || !identifier.Span.SequenceEqual(own.Span))
            return "authority key identifier is not the authority's";
        // RFC 5280 5.1.2.4, 5.1.2.5.
        if (list.NextUpdate is not { } next || next <= list.ThisUpdate || next - list.ThisUpdate > Longest) return "nextUpdate is missing, before thisUpdate or too late";
        // RFC 5280 5.2.3: never more than 20 octets.
        if (list.Number is not { Sign: > 0 } number || number.GetByteCount() > 20) return "no number";
        // RFC 5280 5.2.5.
        if (list.IssuingDistributionPoint?.Uris.SingleOrDefault() != intended.DistributionPointUri) return "not the distribution point that is intended";
        if (list.HasUnknownCriticalExtension || list.IsDelta) return "an extension that such a list does not have";
        return CheckEntries(list);
    }

    private static string? CheckEntries(CertificateRevocationList list)
    {
        if (list.Entries.Select(e => e.SerialNumber).Distinct().Count() != list.Entries.Count) return "a serial number twice";
        // RFC 5280 5.1.2.6: revoked by now.
        if (list.Entries.Any(e => e.RevocationDate > list.ThisUpdate)) return "revoked after thisUpdate";
        // RFC 5280 5.3.1: absence says unspecified; removal is for deltas; hold is not given.
        return list.Entries.Any(e => e.Reason is RevocationReason.Unspecified or RevocationReason.RemoveFromCrl or RevocationReason.CertificateHold) ? "a reason that is not given" : null;
    }
}

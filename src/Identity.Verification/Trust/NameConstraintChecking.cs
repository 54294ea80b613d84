using Identity.Pkix.Asn1;
using Identity.Pkix.X509;
using Identity.Verification.Policy;

namespace Identity.Verification.Trust;

/// <summary>
/// The permitted and excluded subtrees that a path has collected so far (RFC 5280 6.1.2 (b), (c)). Each authority's permitted subtrees are kept
/// on their own: a name must be within all of them, which is their intersection.
/// </summary>
internal sealed class NameConstraintChecking
{
    private readonly List<NameConstraints> collected = [];
    private int left = ValidationCaps.NameComparisons;

    /// <summary>More comparisons were asked for than one path may cost: nothing was found out.</summary>
    public bool IsTooCostly => left <= 0;

    /// <summary>RFC 5280 6.1.4 (g).</summary>
    public void Add(NameConstraints constraints) => collected.Add(constraints);

    /// <summary>RFC 5280 6.1.3 (b), (c): subject and alternative names.</summary>
    public bool Permits(Certificate certificate)
    {
        if (collected.Count == 0)
            return true;
        var names = new List<GeneralName>(certificate.Facts.SubjectAltNames);
        if (!certificate.Subject.IsEmpty)
            names.Add(new GeneralName(GeneralNameKind.Directory, null, certificate.Subject, certificate.Subject.Raw));
        // 4.2.1.10: the old place of addresses counts where the new one has none.
        if (!certificate.Facts.SubjectAltNames.Any(name => name.Kind == GeneralNameKind.Email))
        {
            names.AddRange(certificate.Subject.Attributes.Where(attribute => attribute.Oid == Oids.EmailAddress)
                .Select(attribute => new GeneralName(GeneralNameKind.Email, attribute.Value, null, default)));
        }
        return names.All(Permits);
    }

    private bool Permits(GeneralName name)
    {
        foreach (var constraints in collected)
        {
            if (constraints.Excluded.Any(subtree => subtree.Kind == name.Kind && IsWithin(name, subtree) != false))
                return false;
            var permitted = constraints.Permitted.Where(subtree => subtree.Kind == name.Kind).ToList();
            if (permitted.Count > 0 && !permitted.Any(subtree => IsWithin(name, subtree) == true))
                return false;
        }
        return !IsTooCostly;
    }

    /// <summary>Null when it cannot be told: kinds of names that are not compared, and addresses that are none (4.2.1.10: refused).</summary>
    private bool? IsWithin(GeneralName name, GeneralName subtree)
    {
        if (--left <= 0)
            return null;
        return name.Kind switch
        {
            GeneralNameKind.Directory => name.Directory!.IsWithin(subtree.Directory!),
            GeneralNameKind.Email => IsMailWithin(name.Text!, subtree.Text!),
            GeneralNameKind.Dns => IsHostWithin(name.Text!, subtree.Text!),
            GeneralNameKind.Uri => IsUriWithin(name.Text!, subtree.Text!),
            GeneralNameKind.IpAddress => IsAddressWithin(name.Content.Span, subtree.Content.Span),
            _ => null,
        };
    }

    // 4.2.1.10: a mailbox, all mailboxes of a host, or (with a leading dot) of all hosts of a domain.
    private static bool? IsMailWithin(string address, string subtree)
    {
        var at = address.LastIndexOf('@');
        if (at < 1 || at == address.Length - 1)
            return null;
        var host = address[(at + 1)..];
        var inSubtree = subtree.LastIndexOf('@');
        if (inSubtree >= 0)
            return address[..at] == subtree[..inSubtree] && Same(host, subtree[(inSubtree + 1)..]);
        return subtree.StartsWith('.') ? EndsWith(host, subtree) : subtree.Length == 0 || Same(host, subtree);
    }

    // 4.2.1.10: labels may be added on the left. A leading dot, which the clause does not know for hosts, asks for at least one.
    private static bool? IsHostWithin(string host, string subtree) =>
        host.Length == 0 ? null
        : subtree.StartsWith('.') ? EndsWith(host, subtree)
        : subtree.Length == 0 || Same(host, subtree) || EndsWith(host, "." + subtree);

    // 4.2.1.10: one host, or with a leading dot all hosts below; an address without a host name is refused.
    private static bool? IsUriWithin(string address, string subtree)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.HostNameType != UriHostNameType.Dns || uri.IdnHost.Length == 0)
            return null;
        return subtree.StartsWith('.') ? EndsWith(uri.IdnHost, subtree) : Same(uri.IdnHost, subtree);
    }

    private static bool? IsAddressWithin(ReadOnlySpan<byte> address, ReadOnlySpan<byte> subtree)
    {
        if (address.Length is not (4 or 16))
            return null;
        if (subtree.Length != 2 * address.Length)
            return subtree.Length is 8 or 32 ? false : null;
        for (var i = 0; i < address.Length; i++)
        {
            var mask = subtree[address.Length + i];
            if ((address[i] & mask) != (subtree[i] & mask))
                return false;
        }
        return true;
    }

    private static bool Same(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);

    private static bool EndsWith(string host, string suffix) => host.Length > suffix.Length && host.EndsWith(suffix, StringComparison.OrdinalIgnoreCase);
}

namespace Identity.Web;

/// <summary>
/// The Content-Security-Policy of one answer: the strict base that every answer has, and what the page at hand adds. Additions must be made
/// before the answer starts, from addresses of our settings and registrations, never from a request.
/// </summary>
public sealed class ContentSecurity
{
    readonly SortedDictionary<string, List<string>> directives = new(StringComparer.Ordinal)
    {
        ["default-src"] = ["'none'"],
        ["base-uri"] = ["'none'"],
        ["connect-src"] = ["'self'"],
        ["font-src"] = ["'self'"],
        ["form-action"] = ["'self'"],
        ["frame-ancestors"] = ["'none'"],
        ["img-src"] = ["'self'", "data:"],
        ["script-src"] = ["'self'"],
        ["style-src"] = ["'self'"],
    };

    /// <summary>
    /// Lets a form of this page end at another origin. Chromium applies form-action also to the redirects that follow the post, so the page that
    /// sends a person back to an agency after a post needs the agency's origin. RFC 8252 7.1: or the scheme of an application on the person's device,
    /// which has a dot, unlike every scheme that a browser would run or read itself.
    /// </summary>
    public ContentSecurity AllowFormAction(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.IsAbsoluteUri && address.Scheme.Contains('.', StringComparison.Ordinal))
            return Allow("form-action", address.Scheme + ":");
        if (!address.IsAbsoluteUri || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp))
            throw new ArgumentException("An origin is an absolute https or http address.", nameof(address));
        // CSP 3, 2.3.1: a source has no way to write an address of IPv6, and only a listener of the person's own device is registered by one.
        return Allow("form-action", address.HostNameType == UriHostNameType.IPv6 ? address.Scheme + ":" : address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped));
    }

    /// <param name="directive">One directive of CSP 3: <c>worker-src</c>.</param>
    /// <param name="source">One source expression: <c>'self'</c>, <c>blob:</c>, an origin.</param>
    public ContentSecurity Allow(string directive, string source)
    {
        ArgumentException.ThrowIfNullOrEmpty(directive);
        ArgumentException.ThrowIfNullOrEmpty(source);
        if (!directive.All(c => char.IsAsciiLetterLower(c) || c == '-'))
            throw new ArgumentException("Not the name of a directive.", nameof(directive));
        // A source that could end its directive would let the next word open another one.
        if (source.Any(c => c is ';' or ',' || char.IsWhiteSpace(c) || char.IsControl(c) || c > '~'))
            throw new ArgumentException("A source expression is one word of ASCII without ';' and ','.", nameof(source));
        if (!directives.TryGetValue(directive, out var sources))
            directives[directive] = sources = [];
        sources.Remove("'none'");
        if (!sources.Contains(source, StringComparer.Ordinal))
            sources.Add(source);
        return this;
    }

    public override string ToString() =>
        "default-src " + string.Join(' ', directives["default-src"])
        + string.Concat(directives.Where(d => d.Key != "default-src").Select(d => $"; {d.Key} {string.Join(' ', d.Value)}"));
}

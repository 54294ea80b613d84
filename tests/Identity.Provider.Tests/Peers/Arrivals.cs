namespace Identity.Provider.Peers;

/// <summary>A person's browser, as the relying party of another make sees it.</summary>
internal static class Arrivals
{
    private const int MostRedirects = 5;

    /// <summary>The address of the relying party to which a signed-in person, who has consented, is sent from an authorization request.</summary>
    public static async Task<string> Arrives(this Browser browser, string address, string redirectUri)
    {
        var at = new Uri(address);
        for (var step = 0; step < MostRedirects; step++)
        {
            var page = await browser.Get(at.PathAndQuery);
            Assert.True(page.Location is not null, $"{at}: {page.Status} {page.Body}");
            at = new Uri(at, page.Location);
            if (at.AbsoluteUri.StartsWith(redirectUri, StringComparison.Ordinal))
                return at.AbsoluteUri;
        }

        throw new InvalidOperationException($"Still at {at} after {MostRedirects} redirects.");
    }
}

using Identity.TestKit;
using Identity.TestKit.Pdf;

namespace Identity.Journeys.Running;

/// <summary>One system and one browser for the journeys that leave both as they found them. Journeys that restart or break it start their own.</summary>
public sealed class WholeSystem : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly Chromium _chromium = new();
    private DevHostProcess? _host;
    private (byte[] Original, byte[] Signed)? _signed;

    public DevHostProcess Host => _host!;

    public Task<Visitor> Visit(string language = "en") => _chromium.Visit(language);

    /// <summary>A PDF before and after Liis signed it in her browser at Signing; signed once for all journeys that only look at it.</summary>
    public async Task<(byte[] Original, byte[] Signed)> SignedFile()
    {
        if (_signed is { } before)
            return before;
        await using var visitor = await Visit();
        var signing = new AtSigning(Host, visitor);
        await signing.SignIn(DemoCodes.Liis);
        var original = HandMadePdf.Plain();
        _signed = (original, await signing.Sign("sale.pdf", original));
        return _signed.Value;
    }

    public async ValueTask InitializeAsync()
    {
        Tool.Require("chromium");
        await _chromium.InitializeAsync();
        _host = await DevHostProcess.Start(_folder.Path);
    }

    public async ValueTask DisposeAsync()
    {
        await _chromium.DisposeAsync();
        if (_host is not null)
            await _host.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>The demo people's codes, as the portals' pages and the README print them.</summary>
public static class DemoCodes
{
    public const string Liis = "LIIS-7KQ4-M2XD";
    public const string Wei = "WEIC-3RT8-P6HN";
    public const string Amira = "AMIR-9FW5-J4VB";
}

[CollectionDefinition("whole system")]
public sealed class WholeSystemDefinition : ICollectionFixture<WholeSystem>;

using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Provider.Authorize;

/// <summary>Attacks on clients and addresses become known in the audit log, and cannot fill it.</summary>
public sealed class RefusalsTests
{
    [Fact]
    public async Task A_foreign_address_and_a_bad_assertion_are_recorded_without_a_strangers_text()
    {
        await using var provider = await RunningProvider.With();
        using var agency = new Agency(provider, "tax-portal");
        using var browser = new Browser(provider);
        await browser.Get("/authorize?client_id=tax-portal&response_type=code&redirect_uri=https%3A%2F%2Fevil.example%2F");
        await browser.Get("/authorize?client_id=evil-name&response_type=code&redirect_uri=https%3A%2F%2Fevil.example%2F");
        var request = agency.Request();
        request["redirect_uri"] = "https://evil.example/";
        Assert.Equal(HttpStatusCode.BadRequest, (await agency.Push(request)).Status);
        Assert.Equal("invalid_client", (await agency.Push(agency.Request(), agency.Assertion(claims => claims.Remove("jti")))).Error);

        var records = await provider.AuditRecords();
        Assert.Single(records, line => Is(line, "provider.authorization-refused", "tax-portal", "redirect_uri"));
        Assert.Single(records, line => Is(line, "provider.authorization-refused", "unknown_client"));
        Assert.Single(records, line => Is(line, "provider.client-refused", "tax-portal", "redirect_uri"));
        Assert.Single(records, line => Is(line, "provider.client-refused", "tax-portal", "client_assertion"));
        Assert.DoesNotContain(records, line => line.Contains("evil", StringComparison.Ordinal));

        static bool Is(string line, params string[] parts) => parts.All(part => line.Contains(part, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_flood_of_refusals_leaves_the_limit_and_one_more_record()
    {
        await using var provider = await RunningProvider.With();
        var refusals = provider.Services.GetRequiredService<Refusals>();
        var before = (await provider.AuditRecords()).Length;
        var began = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / 60;
        for (var i = 0; i < 3 * Refusals.PerMinute; i++)
            refusals.Record(new Audit.AuthorizationRefused(null, "unknown_client"));
        var minutes = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / 60 - began + 1;
        var records = (await provider.AuditRecords())[before..];
        Assert.InRange(records.Length, Refusals.PerMinute + 1, minutes * (Refusals.PerMinute + 1));
        Assert.Contains(records, line => line.Contains("provider.refusals-unrecorded", StringComparison.Ordinal));
    }
}

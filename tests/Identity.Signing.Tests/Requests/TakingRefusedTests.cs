using Identity.Signing.Storage;
using Identity.TestKit.Pdf;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Signing.Tests.Requests;

/// <summary>The database refuses to have an approval taken (a trigger in it).</summary>
public sealed class TakingRefusedTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    [Fact]
    public async Task The_operation_that_was_begun_is_ended_and_the_approval_is_not_used()
    {
        await using var database = await system.App.Services.GetRequiredService<IDbContextFactory<SigningDatabase>>().CreateDbContextAsync(SigningSystem.Cancellation);
        await database.Database.ExecuteSqlRawAsync("CREATE TRIGGER refuse_taking BEFORE UPDATE OF TakenAt ON Approvals BEGIN SELECT RAISE(ABORT, 'refused'); END", SigningSystem.Cancellation);
        var id = await system.CreateRequest(HandMadePdf.Plain());
        using var browser = system.NewBrowser();
        await SigningSystem.Approve(browser, id);
        for (var tries = 0; tries < 500 && !Ends(id).Any(); tries++)
            await Task.Delay(40, SigningSystem.Cancellation);
        Assert.Equal(("failed", "internal_error"), Ends(id).First());
        Assert.Null((await database.Approvals.AsNoTracking().SingleAsync(approval => approval.RequestId == id, SigningSystem.Cancellation)).TakenAt);
        Assert.Equal(0, system.Authority.CertificateRequests);
    }

    private IEnumerable<(string?, string?)> Ends(string id) => system.Audit(id)
        .Where(line => line.GetProperty("event").GetString()!.Contains("document-signing", StringComparison.Ordinal) && line.GetProperty("phase").GetString() == "end")
        .Select(line => (line.GetProperty("outcome").GetString(), line.GetProperty("reason").GetString()));
}

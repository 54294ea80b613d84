using System.Data.Common;
using System.Text;
using Identity.Audit;
using Identity.Signing.Ceremonies;
using Identity.Signing.Documents;
using Identity.Signing.Requests;
using Identity.Signing.Storage;
using Identity.Signing.Tests.Ceremonies;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Signing.Tests.Requests;

/// <summary>What was recorded keeps its document, when the agency has gone or the database's answer is lost right behind the commit.</summary>
public sealed class LostAnswerTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    [Theory]
    [InlineData("a request", "the agency goes")]
    [InlineData("a request", "the answer is lost")]
    [InlineData("a batch", "the agency goes")]
    [InlineData("a batch", "the answer is lost")]
    [InlineData("a ceremony", "the agency goes")]
    [InlineData("a ceremony", "the answer is lost")]
    public async Task The_document_of_what_was_recorded_stays(string what, string trouble)
    {
        system.Reset();
        using var leaving = new CancellationTokenSource();
        var databases = new Databases(system.App.Services.GetRequiredService<SigningSettings>(), trouble == "the answer is lost" ? () => throw new IOException("the connection is away") : leaving.Cancel);
        var context = Post(what == "a ceremony", leaving.Token);
        var creating = Create(what, databases, context);
        if (trouble == "the answer is lost")
            await Assert.ThrowsAsync<IOException>(() => creating);
        else
            Assert.Equal(StatusCodes.Status201Created, ((IStatusCodeHttpResult)await creating).StatusCode);

        await using var database = await system.App.Services.GetRequiredService<IDbContextFactory<SigningDatabase>>().CreateDbContextAsync(SigningSystem.Cancellation);
        var purpose = "For " + context.TraceIdentifier;
        var recorded = what == "a ceremony"
            ? await database.Ceremonies.Where(c => c.Purpose == purpose).Select(c => c.Id).ToListAsync(SigningSystem.Cancellation)
            : await database.Requests.Where(r => r.Purpose == purpose).Select(r => r.Id).ToListAsync(SigningSystem.Cancellation);
        var id = Assert.Single(recorded);
        Assert.True(File.Exists(Path.Combine(system.Documents, id[..2], id + ".pdf")));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(system.Documents, "staging")));
    }

    private Task<IResult> Create(string what, Databases databases, HttpContext context)
    {
        var (settings, documents, audit) = (system.App.Services.GetRequiredService<SigningSettings>(), system.App.Services.GetRequiredService<DocumentStore>(), system.App.Services.GetRequiredService<AuditLog>());
        var agency = settings.Agencies.Find("land-registry")!;
        var requests = new RequestStore(databases);
        return what switch
        {
            "a request" => new CreateRequest(requests, documents, settings, audit, TimeProvider.System).Handle(context, agency),
            "a batch" => new CreateBatch(new BatchStore(databases, requests), documents, settings, audit, TimeProvider.System).Handle(context, agency),
            _ => new CreateCeremony(new CeremonyStore(databases, audit, TimeProvider.System), documents, settings, audit, TimeProvider.System).Handle(context, agency),
        };
    }

    private static DefaultHttpContext Post(bool ceremony, CancellationToken aborted)
    {
        var context = new DefaultHttpContext { RequestAborted = aborted, TraceIdentifier = Guid.CreateVersion7().ToString() };
        var purpose = "For " + context.TraceIdentifier;
        var described = CeremonyOffice.Deed();
        described["purpose"] = purpose;
        var fields = ceremony ? Part("ceremony", described.ToJsonString()) : Part("purpose", purpose) + Part("return_url", SigningSystem.AgencyReturn);
        context.Request.Headers["Idempotency-Key"] = context.TraceIdentifier;
        context.Request.ContentType = "multipart/form-data; boundary=b";
        context.Request.Body = new MemoryStream([
            .. Encoding.UTF8.GetBytes(fields + "--b\r\nContent-Disposition: form-data; name=\"document\"; filename=\"deed.pdf\"\r\n\r\n"), .. Pdfs.Page(purpose), .. "\r\n--b--\r\n"u8]);
        return context;
    }

    private static string Part(string name, string value) => $"--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n";

    /// <summary>The service's own, in which something happens right behind a commit.</summary>
    private sealed class Databases(SigningSettings settings, Action behind) : IDbContextFactory<SigningDatabase>
    {
        public SigningDatabase CreateDbContext() => new(new DbContextOptionsBuilder<SigningDatabase>()
            .UseSqlite($"Data Source={settings.DatabaseFile};Default Timeout=15").AddInterceptors(new Behind(behind)).Options);
    }

    private sealed class Behind(Action act) : DbTransactionInterceptor
    {
        public override Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            act();
            return Task.CompletedTask;
        }
    }
}

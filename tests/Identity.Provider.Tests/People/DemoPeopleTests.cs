using System.Net;
using Identity.Audit;
using Identity.Provider.Enrolment;
using Identity.Provider.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Identity.Provider.People;

/// <summary>Demo people have published codes: no other environment ever serves them, whatever its database was used for before.</summary>
public sealed class DemoPeopleTests : IDisposable
{
    private const string DemoCode = "LIIS-7KQ4-M2XD";
    private const string Refusal =
        "Provider:Database: holds demo people, whose codes are public; only the Development environment may have them. Begin with an empty database.";

    private readonly string folder = Directory.CreateTempSubdirectory("identity-demo-people-").FullName;

    private string Connection => $"Data Source={Path.Combine(folder, "provider.db")}";

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    [InlineData("development2")]
    public async Task A_database_of_a_demonstration_is_refused_by_name_outside_Development(string environment)
    {
        await Fill(database => DemoPeople.Seed(database, TimeProvider.System, TestContext.Current.CancellationToken));
        var refused = await Assert.ThrowsAsync<ProviderSettingsException>(() => Start(environment));
        Assert.Equal(Refusal, refused.Message);
    }

    [Fact]
    public async Task So_is_one_in_which_only_the_person_or_only_a_code_for_everybody_is_left()
    {
        await Fill(async database =>
        {
            await DemoPeople.Seed(database, TimeProvider.System, TestContext.Current.CancellationToken);
            await database.EnrolmentCodes.ExecuteDeleteAsync(TestContext.Current.CancellationToken);
        });
        Assert.Equal(Refusal, (await Assert.ThrowsAsync<ProviderSettingsException>(() => Start("Production"))).Message);
        await Fill(async database =>
        {
            await database.Users.ExecuteDeleteAsync(TestContext.Current.CancellationToken);
            var person = DemoPeople.NewPerson("PNOEE-48504210018", "A", "B", new DateOnly(2000, 1, 1));
            database.Users.Add(person);
            database.EnrolmentCodes.Add(new EnrolmentCode { Hash = "x", PersonId = person.Id, Reusable = true, Expires = TimeProvider.System.GetUtcNow() });
            await database.SaveChangesAsync(TestContext.Current.CancellationToken);
        });
        Assert.Equal(Refusal, (await Assert.ThrowsAsync<ProviderSettingsException>(() => Start("Production"))).Message);
    }

    [Fact]
    public async Task A_database_without_them_is_taken()
    {
        await Fill(async database =>
        {
            var person = DemoPeople.NewPerson("PNOEE-48504210018", "A", "B", new DateOnly(2000, 1, 1));
            database.Users.Add(person);
            database.EnrolmentCodes.Add(new EnrolmentCode { Hash = "x", PersonId = person.Id, Reusable = false, Expires = TimeProvider.System.GetUtcNow() });
            await database.SaveChangesAsync(TestContext.Current.CancellationToken);
        });
        await Start("Production");
    }

    [Fact]
    public async Task Without_demo_seeding_its_codes_are_no_codes()
    {
        await using var provider = await RunningProvider.With();
        using var browser = new Browser(provider);
        var begun = await browser.GiveCode(DemoCode);
        Assert.Equal(HttpStatusCode.OK, begun.Status);

        await provider.Restart("--Provider:SeedDemo:Enabled=false");
        var refused = await browser.GiveCode(DemoCode);
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains("This code cannot be used.", refused.Text, StringComparison.Ordinal);
        // Nor does an enrolment that began before go on.
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Post("/enrol?handler=Options", begun, ("enrolment", begun.Field("enrolment")))).Status);
    }

    private async Task Fill(Func<ProviderDatabase, Task> work)
    {
        await using var services = Services("Development");
        await using var scope = services.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<ProviderDatabase>();
        await database.Database.MigrateAsync(TestContext.Current.CancellationToken);
        await work(database);
    }

    // No key ring of production is to be had in a test, so the service's start is called by itself.
    private async Task Start(string environment)
    {
        await using var services = Services(environment);
        await new ProviderStart(services, services.GetRequiredService<ProviderSettings>(), TimeProvider.System).StartAsync(TestContext.Current.CancellationToken);
    }

    private ServiceProvider Services(string environment)
    {
        var services = new ServiceCollection().AddLogging();
        services.AddSingleton(_ => AuditLog.Open(Path.Combine(folder, "audit.jsonl"), "provider", TimeProvider.System));
        services.AddScoped<Clients.ClientRegistry>();
        var settings = ProviderSettings.Check(
            new ProviderOptions
            {
                Issuer = "https://id.example/", Database = Connection, Redis = "redis:6379", Keys = "keys", Audit = "audit.jsonl",
                SeedDemo = new SeedDemoOptions { Enabled = false },
            },
            new NamedEnvironment(environment));
        services.AddSingleton(settings).AddSingleton(TimeProvider.System);
        ProviderApp.AddRecords(services, settings);
        return services.BuildServiceProvider();
    }
}

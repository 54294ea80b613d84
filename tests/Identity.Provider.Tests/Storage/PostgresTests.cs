using System.Net;
using Identity.Provider.Clients;
using Identity.Provider.CommandLine;
using Identity.Provider.Conformance;
using Identity.Provider.Registration;
using Identity.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Provider.Storage;

/// <summary>A Provider whose records are on PostgreSQL.</summary>
public sealed class PostgresProvider : IAsyncLifetime
{
    private PostgresServer server = null!;

    public RunningProvider Provider { get; private set; } = null!;

    public string Connection { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        server = await PostgresServer.Start();
        Connection = await NewDatabase();
        Provider = await RunningProvider.With($"--Provider:Database={Connection}");
    }

    public Task<string> NewDatabase() => server.NewDatabase();

    public async ValueTask DisposeAsync()
    {
        // Null when it did not start; the server then still has to end.
        if (Provider is not null)
            await Provider.DisposeAsync();
        Npgsql.NpgsqlConnection.ClearAllPools();
        server.Dispose();
    }
}

/// <summary>Everything that meets the database, on PostgreSQL; and two Providers that share it and Redis.</summary>
public sealed class PostgresTests(PostgresProvider postgres) : IClassFixture<PostgresProvider>
{
    private readonly RunningProvider provider = postgres.Provider;

    [Fact]
    public async Task A_person_enrols_signs_in_consents_and_the_agency_learns_who_they_are()
    {
        using var agency = new Agency(provider, "tax-portal");
        using var browser = new Browser(provider);
        await browser.SignIn();
        await provider.Consent("tax-portal");
        var tokens = await agency.Redeem((await browser.Authorize(agency))["code"]);
        Assert.True(tokens.Status == HttpStatusCode.OK, tokens.Body);
        var info = await agency.UserInfo((string)tokens.Json["access_token"]!);
        Assert.Equal(HttpStatusCode.OK, info.Status);
        Assert.Equal((string)Jwt.Payload((string)tokens.Json["id_token"]!)["sub"]!, (string)info.Json["sub"]!);
    }

    [Fact]
    public async Task A_code_an_assertion_and_a_request_are_used_once_between_two_instances()
    {
        await using var second = await provider.Another("second");
        using var agency = new Agency(provider, "tax-portal");
        using var there = new HttpClient { BaseAddress = RunningProvider.AddressOf(second) };
        using var browser = new Browser(provider);
        await browser.SignIn();
        await provider.Consent("tax-portal");
        for (var round = 0; round < 4; round++)
        {
            var code = (await browser.Authorize(agency))["code"];
            var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(index => index % 2 == 0 ? Here(code) : There("/token", agency.CodeRequest(code), agency.Assertion())));
            Assert.Single(replies, status => status == HttpStatusCode.OK);

            var assertion = agency.Assertion();
            var pushes = await Task.WhenAll(Enumerable.Range(0, 8).Select(async index =>
                index % 2 == 0 ? (await agency.Push(agency.Request(), assertion)).Status : await There("/par", agency.Request(), assertion)));
            Assert.Single(pushes, status => status == HttpStatusCode.Created);

            var request = await agency.Pushed();
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => browser.Get(request)));
            Assert.Single(answers, answer => answer.Location?.Contains("code=", StringComparison.Ordinal) == true);
        }

        async Task<HttpStatusCode> Here(string code) => (await agency.Redeem(code)).Status;
        async Task<HttpStatusCode> There(string path, Dictionary<string, string> parameters, string assertion)
        {
            using var form = new FormUrlEncodedContent(agency.Authenticated(assertion).Concat(parameters));
            return (await there.PostAsync(path, form)).StatusCode;
        }
    }

    [Fact]
    public async Task A_refresh_token_is_rotated_once_between_two_instances()
    {
        var database = await postgres.NewDatabase();
        await using var first = await ProviderWithBasicClients.Start($"--Provider:Database={database}");
        await using var second = await first.Another("second");
        using var client = new BasicRelyingParty(first, ProviderWithBasicClients.Post);
        using var there = new HttpClient { BaseAddress = RunningProvider.AddressOf(second) };
        for (var round = 0; round < 4; round++)
        {
            var refresh = (string)(await client.Tokens()).Json["refresh_token"]!;
            Dictionary<string, string> Form() => new()
            {
                ["grant_type"] = "refresh_token", ["refresh_token"] = refresh, ["client_id"] = client.ClientId, ["client_secret"] = ProviderWithBasicClients.Secret(client.ClientId),
            };
            var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(async index =>
            {
                if (index % 2 == 0)
                    return (await client.Token(Form())).Status;
                using var form = new FormUrlEncodedContent(Form());
                using var answer = await there.PostAsync("/token", form);
                return answer.StatusCode;
            }));
            Assert.Single(replies, status => status == HttpStatusCode.OK);
            Assert.Equal(7, replies.Count(status => status == HttpStatusCode.BadRequest));
        }
    }

    [Fact]
    public async Task Instances_that_start_at_once_on_an_empty_database_agree()
    {
        var database = $"--Provider:Database={await postgres.NewDatabase()}";
        var apps = await Task.WhenAll(Enumerable.Range(0, 3).Select(index => provider.Another($"start{index}", database)));
        await using (var scope = apps[0].Services.CreateAsyncScope())
        {
            var store = scope.ServiceProvider.GetRequiredService<ProviderDatabase>();
            Assert.Equal(3, await store.Users.CountAsync(TestContext.Current.CancellationToken));
            Assert.Empty(await store.Database.GetPendingMigrationsAsync(TestContext.Current.CancellationToken));
        }

        Assert.Equal(5, (await RemovedClientTests.Registered(apps[1].Services)).Length);
        foreach (var app in apps)
            await app.DisposeAsync();

        // And when they start again, with fewer clients in their settings.
        apps = await Task.WhenAll(Enumerable.Range(0, 3).Select(index => provider.Another($"again{index}", database, "--Provider:SeedDemo:Enabled=false")));
        Assert.Empty(await RemovedClientTests.Registered(apps[0].Services));
        foreach (var app in apps)
            await app.DisposeAsync();
    }

    [Fact]
    public async Task Two_first_logins_at_once_agree_on_the_subject()
    {
        var personId = await provider.PersonId(SignedIn.Wei);
        var subjects = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            await using var scope = provider.Services.CreateAsyncScope();
            return await scope.ServiceProvider.GetRequiredService<Subjects.PairwiseSubjects>().For(personId, "health-portal", CancellationToken.None);
        }));
        Assert.Single(subjects.Distinct());
    }

    [Fact]
    public async Task Clients_are_registered_disabled_and_removed_by_command_and_tokens_are_taken_once()
    {
        string[] database = [$"--Provider:Database={postgres.Connection}"];
        var added = await Run(
            "client", "add", "--id", "library", "--name", "Library", "--redirect-uri", "https://library.example/back", "--scope", "openid", "--profile", "legacy", "--auth", "client_secret_basic");
        Assert.True(added.ExitCode == ProviderCommand.Done, added.Complaints);
        Assert.Equal("library is registered already.\n", (await Run("client", "add", "--id", "library", "--name", "L", "--redirect-uri", "https://library.example/back", "--profile", "legacy", "--auth", "client_secret_post")).Complaints);
        Assert.Equal(ProviderCommand.Done, (await Run("client", "disable", "library")).ExitCode);
        Assert.Contains("disabled", (await Run("client", "list")).Output, StringComparison.Ordinal);
        Assert.Equal(ProviderCommand.Done, (await Run("client", "remove", "library")).ExitCode);

        var token = (string)(await Run("client", "token", "add", "three", "--uses", "3", "--json")).Json["initial_access_token"]!;
        var won = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            await using var scope = provider.Services.CreateAsyncScope();
            var tokens = scope.ServiceProvider.GetRequiredService<InitialAccessTokens>();
            return await tokens.Find(token, CancellationToken.None) is { } found && await tokens.Take(found, CancellationToken.None);
        }));
        Assert.Equal(3, won.Count(taken => taken));

        Task<CommandResult> Run(params string[] arguments) => Command.Run(
        [
            .. arguments, "--environment=Development", $"--Provider:Issuer={provider.Issuer}", "--Provider:Redis=127.0.0.1:1", "--Provider:Keys=/nowhere",
            $"--Provider:Audit={provider.AuditFile}", .. database,
        ]);
    }

    [Theory]
    [InlineData("/authorize?client_id=a%00b&response_type=code&redirect_uri=https%3A%2F%2Fa.example%2F")]
    [InlineData("/authorize?client_id=%FF%FE&response_type=code")]
    public async Task Bytes_that_it_cannot_store_are_refused_as_they_are_elsewhere(string address)
    {
        using var browser = new Browser(provider);
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.Get(address)).Status);
    }

    [Theory]
    [InlineData("postgres")]
    [InlineData("Port=5432")]
    [InlineData("Host")]
    public void A_connection_string_of_neither_product_is_refused(string connection)
    {
        var refused = Assert.Throws<ProviderSettingsException>(() => DatabaseProduct.Check(connection));
        Assert.Equal("Database", refused.Setting);
    }
}

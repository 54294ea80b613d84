using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Provider.Storage;

/// <summary>Two Providers that share Redis, database and keys: what is used once is used once between them.</summary>
public sealed class TwoInstancesTests(RunningProvider provider) : IClassFixture<RunningProvider>
{
    [Fact]
    public async Task A_code_and_an_assertion_are_used_once_between_them()
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
            var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(index => index % 2 == 0 ? Here(code) : There(code)));
            Assert.Single(replies, status => status == HttpStatusCode.OK);
        }

        var assertion = agency.Assertion();
        Assert.Equal(HttpStatusCode.Created, (await agency.Push(agency.Request(), assertion)).Status);
        using var pushed = new FormUrlEncodedContent(agency.Authenticated(assertion).Concat(agency.Request()));
        Assert.Equal(HttpStatusCode.Unauthorized, (await there.PostAsync("/par", pushed, TestContext.Current.CancellationToken)).StatusCode);

        async Task<HttpStatusCode> Here(string code) => (await agency.Redeem(code)).Status;
        async Task<HttpStatusCode> There(string code)
        {
            using var form = new FormUrlEncodedContent(agency.Authenticated().Concat(agency.CodeRequest(code)));
            return (await there.PostAsync("/token", form)).StatusCode;
        }
    }

    [Fact]
    public async Task The_database_is_for_its_service_alone_and_the_keys_that_protect_cookies_are_encrypted_in_it()
    {
        using var browser = new Browser(provider);
        await browser.Get("/login");
        foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(provider.DatabaseFile)!, "provider.db*"))
        {
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        await provider.InDatabase(async database =>
        {
            var keys = await database.DataProtectionKeys.Select(key => key.Xml!).ToListAsync(TestContext.Current.CancellationToken);
            Assert.NotEmpty(keys);
            Assert.All(keys, xml => Assert.Contains("EncryptedData", xml, StringComparison.Ordinal));
            Assert.All(keys, xml => Assert.DoesNotContain("<masterKey", xml, StringComparison.Ordinal));
        });
    }

    [Fact]
    public async Task Instances_that_start_at_once_on_an_empty_database_agree()
    {
        var database = $"--Provider:Database=Data Source={provider.DatabaseFile}.empty";
        var apps = await Task.WhenAll(Enumerable.Range(0, 3).Select(index => provider.Another($"start{index}", database)));
        try
        {
            await using var scope = apps[0].Services.CreateAsyncScope();
            var store = scope.ServiceProvider.GetRequiredService<ProviderDatabase>();
            Assert.Equal(3, await store.Users.CountAsync(TestContext.Current.CancellationToken));
            Assert.Empty(await store.Database.GetPendingMigrationsAsync(TestContext.Current.CancellationToken));
            foreach (var app in apps)
            {
                using var http = new HttpClient { BaseAddress = RunningProvider.AddressOf(app) };
                using var agency = new Agency(provider, "tax-portal");
                using var form = new FormUrlEncodedContent(agency.Authenticated().Concat(agency.Request()));
                Assert.Equal(HttpStatusCode.Created, (await http.PostAsync("/par", form, TestContext.Current.CancellationToken)).StatusCode);
            }
        }
        finally
        {
            foreach (var app in apps)
                await app.DisposeAsync();
        }
    }

    [Fact]
    public async Task Instances_that_start_at_once_agree_on_the_clients_that_are_gone()
    {
        var database = $"--Provider:Database=Data Source={provider.DatabaseFile}.gone";
        await (await provider.Another("gone", database)).DisposeAsync();
        var apps = await Task.WhenAll(Enumerable.Range(0, 4).Select(index => provider.Another($"gone{index}", database, "--Provider:SeedDemo:Enabled=false")));
        Assert.Empty(await Clients.RemovedClientTests.Registered(apps[0].Services));
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
        Assert.Equal(43, subjects[0].Length);
    }
}

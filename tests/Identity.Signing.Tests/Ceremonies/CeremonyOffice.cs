using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Identity.Signing.Approvals;
using Identity.Signing.Ceremonies;
using Identity.Signing.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Signing.Tests.Ceremonies;

/// <summary>An agency with a ceremony, and the people who come to sign, each in a browser of their own.</summary>
public sealed class CeremonyOffice(SigningSystem system)
{
    public static StandInPerson Amira { get; } = new("pairwise-amira", "PNOXX-49902280031", "Amira", "Haddad");

    /// <summary>Seller and buyer side by side, then the notary.</summary>
    public static JsonObject Deed(string level = "B-LTA") => new()
    {
        ["purpose"] = "Sign the deed", ["return_url"] = SigningSystem.AgencyReturn, ["level"] = level,
        ["deadline"] = TimeProvider.System.GetUtcNow().AddDays(1).ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture),
        ["signers"] = new JsonArray(Signer(StandInPerson.Liis, 1, "seller"), Signer(StandInPerson.Wei, 1, "buyer"), Signer(Amira, 2, "notary")),
    };

    public static JsonObject Signer(StandInPerson person, int order, string? role = null)
    {
        var signer = new JsonObject { ["identifier"] = person.Identifier, ["order"] = order };
        if (role is not null)
            signer["signature"] = new JsonObject { ["role"] = role };
        return signer;
    }

    public Task<HttpResponseMessage> Post(JsonNode ceremony, byte[]? document = null, string? key = null, string? token = null, string? password = null) =>
        Post(ceremony.ToJsonString(), document, key, token, password);

    public async Task<HttpResponseMessage> Post(string ceremony, byte[]? document = null, string? key = null, string? token = null, string? password = null)
    {
        using var client = system.AgencyClient(token);
        using var form = new MultipartFormDataContent { { new StringContent(ceremony, Encoding.UTF8), "ceremony" } };
        if (password is not null)
            form.Add(new StringContent(password), "document_password");
        form.Add(new ByteArrayContent(document ?? Pdfs.Page("Deed")), "document", "deed.pdf");
        using var message = new HttpRequestMessage(HttpMethod.Post, "ceremonies") { Content = form };
        message.Headers.TryAddWithoutValidation("Idempotency-Key", key ?? Convert.ToHexString(RandomNumberGenerator.GetBytes(8)));
        return await client.SendAsync(message, SigningSystem.Cancellation);
    }

    public async Task<JsonNode> Create(JsonNode ceremony, byte[]? document = null, string? password = null)
    {
        using var answer = await Post(ceremony, document, password: password);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync(SigningSystem.Cancellation));
        return await SigningSystem.Json(answer);
    }

    public async Task<JsonNode> Status(string id)
    {
        using var client = system.AgencyClient();
        return await SigningSystem.Json(await client.GetAsync($"ceremonies/{id}", SigningSystem.Cancellation));
    }

    public async Task<HttpResponseMessage> Do(string id, string what, string? token = null)
    {
        using var client = system.AgencyClient(token);
        return await client.PostAsync($"ceremonies/{id}/{what}", null, SigningSystem.Cancellation);
    }

    public async Task<HttpResponseMessage> Document(string id)
    {
        using var client = system.AgencyClient();
        return await client.GetAsync($"ceremonies/{id}/document", SigningSystem.Cancellation);
    }

    public static string Place(JsonNode ceremony, int number) => ceremony["signers"]![number - 1]!["id"]!.GetValue<string>();

    public static string Id(JsonNode ceremony) => ceremony["id"]!.GetValue<string>();

    /// <summary>Comes in a browser of their own, signed in.</summary>
    public async Task<Browser> Come(StandInPerson person)
    {
        system.Provider.Person = person;
        var browser = system.NewBrowser();
        await browser.Get("sign-in");
        return browser;
    }

    /// <summary>From the place to the review page; the address where that ended.</summary>
    public static async Task<(HttpResponseMessage Page, string Address)> Read(Browser browser, string place)
    {
        var page = await browser.Post($"places/{place}?handler=Sign", await Browser.Fields(await browser.Get($"places/{place}")));
        return (page, page.RequestMessage!.RequestUri!.PathAndQuery);
    }

    /// <summary>Approves at the review page; where that ended.</summary>
    public async Task<string> Approve(Browser browser, StandInPerson person, HttpResponseMessage review)
    {
        system.Provider.Person = person;
        var answer = await browser.Post(review.RequestMessage!.RequestUri!.PathAndQuery, await Browser.Fields(review));
        return answer.RequestMessage!.RequestUri!.PathAndQuery;
    }

    /// <summary>Comes, reads, approves, and is done.</summary>
    public async Task Sign(JsonNode ceremony, int number, StandInPerson person)
    {
        using var browser = await Come(person);
        var (page, address) = await Read(browser, Place(ceremony, number));
        Assert.EndsWith("/review", address, StringComparison.Ordinal);
        await Approve(browser, person, page);
        await Until(Id(ceremony), status => status["signers"]![number - 1]!["status"]!.GetValue<string>() == "signed");
    }

    public async Task<JsonNode> Until(string id, Func<JsonNode, bool> condition)
    {
        for (var i = 0; ; i++)
        {
            var status = await Status(id);
            if (condition(status))
                return status;
            Assert.True(i < 500, status.ToJsonString());
            await Task.Delay(40, SigningSystem.Cancellation);
        }
    }

    public Task<JsonNode> Until(string id, string status) => Until(id, now => now["status"]!.GetValue<string>() == status);

    public async Task<T> InDatabase<T>(Func<SigningDatabase, Task<T>> ask)
    {
        await using var database = await system.App.Services.GetRequiredService<IDbContextFactory<SigningDatabase>>().CreateDbContextAsync(SigningSystem.Cancellation);
        return await ask(database);
    }

    public ApprovalRecords Approvals => system.App.Services.GetRequiredService<ApprovalRecords>();

    public static StoredApproval Approval(string request) => new()
    {
        ApprovalId = Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16)).TrimEnd('=').Replace('+', '-').Replace('/', '_'),
        RequestId = request, StoredAt = TimeProvider.System.GetUtcNow(),
    };

    public Task<bool> Store(StoredApproval approval) => Approvals.Store(
        new StoredEvidence { ApprovalId = approval.ApprovalId, Evidence = "not evidence", StoredAt = approval.StoredAt }, [approval.RequestId], SigningSystem.Cancellation);

    public async Task<bool> Take(StoredApproval approval) =>
        await Approvals.Take((await Approvals.Find(approval.ApprovalId, SigningSystem.Cancellation))!.Documents, SigningSystem.Cancellation);

    public static string[] Signers(JsonNode ceremony) => [.. ceremony["signers"]!.AsArray().Select(signer => signer!["status"]!.GetValue<string>())];

    /// <summary>Asks for the document as who has no button for it would.</summary>
    public static async Task<string> SignEarly(Browser browser, string place)
    {
        var fields = await Browser.Fields(await browser.Get("/"));
        return (await browser.Post($"places/{place}?handler=Sign", fields)).RequestMessage!.RequestUri!.PathAndQuery;
    }

    public static async Task<string> Decline(Browser browser, string place, string reason)
    {
        var fields = await Browser.Fields(await browser.Get($"places/{place}"));
        fields["reason"] = reason;
        return (await browser.Post($"places/{place}?handler=Decline", fields)).RequestMessage!.RequestUri!.PathAndQuery;
    }

    public Task<int> Set(JsonNode ceremony, Action<Microsoft.EntityFrameworkCore.Query.UpdateSettersBuilder<Ceremony>> change) =>
        InDatabase(database => database.Ceremonies.Where(c => c.Id == Id(ceremony)).ExecuteUpdateAsync(change));
}

using System.Net;
using System.Text.Json.Nodes;

namespace Identity.Signing.Tests.Ceremonies;

/// <summary>What an agency may ask for with a ceremony, and what it is told when it asks for something else.</summary>
public sealed class CeremonyDescriptionTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private readonly CeremonyOffice office = new(system);

    [Fact]
    public async Task A_repeated_post_has_the_answer_of_the_first()
    {
        system.Reset();
        var described = CeremonyOffice.Deed();
        var document = Pdfs.Page("Once");
        using var first = await office.Post(described, document, "once");
        using var again = await office.Post(described, document, "once");
        described["purpose"] = "Another";
        using var other = await office.Post(described, document, "once");
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK, HttpStatusCode.Conflict), (first.StatusCode, again.StatusCode, other.StatusCode));
        Assert.Equal(CeremonyOffice.Id(await SigningSystem.Json(first)), CeremonyOffice.Id(await SigningSystem.Json(again)));
    }

    public static TheoryData<string, string> Unusable() => new()
    {
        { """{"surprise":1}""", "ceremony has an unknown member." },
        { """{"purpose":""}""", "purpose must have 1 to 500 characters, none of which hides or reorders text." },
        { """{"return_url":"https://evil.example/"}""", "return_url is not registered for this client." },
        { """{"level":"B-B"}""", "level must be B-T, B-LT or B-LTA, one that this client may ask for and this service can reach." },
        { """{"level":3}""", "level must be B-T, B-LT or B-LTA, one that this client may ask for and this service can reach." },
        { """{"deadline":"2020-01-01T00:00:00Z"}""", "deadline must be a time as 2030-01-31T12:00:00Z, from 1 minute to 90 days from now." },
        { """{"deadline":"2999-01-01T00:00:00Z"}""", "deadline must be a time as 2030-01-31T12:00:00Z, from 1 minute to 90 days from now." },
        { """{"deadline":"2030-01-31T12:00:00"}""", "deadline must be a time as 2030-01-31T12:00:00Z, from 1 minute to 90 days from now." },
        { """{"remind_at":"2999-01-01T00:00:00Z"}""", "remind_at must be a time before the deadline." },
        { """{"continue_after_decline":"yes"}""", "continue_after_decline must be true or false." },
        { """{"webhook_url":"https://evil.example/"}""", "webhook_url is not registered for this client." },
        { """{"signers":[{"identifier":"PNOXX-1","order":1e999},{"identifier":"PNOXX-2","order":1}]}""", "signer 1: order must be from 1 to 100." },
        { """{"signers":[]}""", "signers must be 2 to 20." },
        { """{"signers":[{"identifier":"PNOXX-1","order":1}]}""", "signers must be 2 to 20." },
        { """{"signers":[{"identifier":"PNOXX-1","order":1},{"identifier":"1","order":1}]}""", "signer 2: identifier must be a semantic identifier such as PNOXX-12345." },
        { """{"signers":[{"identifier":"PNOXX-1","order":0},{"identifier":"PNOXX-2","order":1}]}""", "signer 1: order must be from 1 to 100." },
        { """{"signers":[{"identifier":"PNOXX-1","order":1,"name":"x"},{"identifier":"PNOXX-2","order":1}]}""", "signer 1: must be an object with identifier, order and perhaps label and signature." },
        { """{"signers":[{"identifier":"PNOXX-1","order":1,"label":""},{"identifier":"PNOXX-2","order":1}]}""", "signer 1: label must have 1 to 100 characters, none of which hides or reorders text." },
        { """{"signers":[{"identifier":"PNOXX-1","order":1,"signature":{"role":1}},{"identifier":"PNOXX-2","order":1}]}""", "signer 1: signature: role must have 1 to 64 characters, none of which hides or reorders text." },
        { """{"signers":[{"identifier":"PNOXX-1","order":1,"signature":{"certification":1,"accepts_no_changes":true}},{"identifier":"PNOXX-2","order":2}]}""", "signers: certification 1 leaves no room for the signatures of others." },
        { """{"signers":[{"identifier":"PNOXX-1","order":1,"signature":{"certification":2}},{"identifier":"PNOXX-2","order":1}]}""", "signers: only one who signs alone before all others can certify." },
        { """{"signers":[{"identifier":"PNOXX-1","order":1},{"identifier":"PNOXX-2","order":2,"signature":{"certification":2}}]}""", "signers: only one who signs alone before all others can certify." },
        { """{"signers":[{"identifier":"PNOXX-1","order":1,"signature":{"field":"a"}},{"identifier":"PNOXX-2","order":2,"signature":{"field":"a"}}]}""", "signers: a field is named twice." },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public async Task A_ceremony_that_breaks_a_rule_is_refused_by_its_name(string changes, string description)
    {
        system.Reset();
        var described = CeremonyOffice.Deed();
        foreach (var (name, value) in JsonNode.Parse(changes)!.AsObject().ToList())
            described[name] = value?.DeepClone();
        using var answer = await office.Post(described);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(description, (await SigningSystem.Json(answer))["error_description"]!.GetValue<string>());
    }

    [Fact]
    public async Task Twenty_signers_are_as_many_as_there_can_be()
    {
        system.Reset();
        var described = CeremonyOffice.Deed();
        described["signers"] = new JsonArray([.. Enumerable.Range(1, 20).Select(number => (JsonNode)CeremonyOffice.Signer(StandInPerson.Wei, number))]);
        using var most = await office.Post(described);
        Assert.Equal(HttpStatusCode.Created, most.StatusCode);
        described["signers"]!.AsArray().Add((JsonNode)CeremonyOffice.Signer(StandInPerson.Wei, 21));
        using var more = await office.Post(described);
        Assert.Equal("signers must be 2 to 20.", (await SigningSystem.Json(more))["error_description"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("""{"purpose":"\ud800"}""")]
    [InlineData("""{"\udfff":1}""")]
    [InlineData("""{"purpose":"a","purpose":"b"}""")]
    [InlineData("[]")]
    [InlineData("no json")]
    public async Task What_is_no_sound_json_object_is_no_ceremony(string text)
    {
        system.Reset();
        using var answer = await office.Post(text);
        Assert.Equal((HttpStatusCode.BadRequest, "ceremony must be a JSON object."), (answer.StatusCode, (await SigningSystem.Json(answer))["error_description"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_password_that_is_no_text_is_refused_and_nothing_is_kept()
    {
        system.Reset();
        using var answer = await office.Post(CeremonyOffice.Deed(), Pdfs.Encrypted(), password: "secret\uFFFE");
        Assert.Equal((HttpStatusCode.BadRequest, "document_password must have at most 127 bytes, and no noncharacters of Unicode."), (answer.StatusCode, (await SigningSystem.Json(answer))["error_description"]!.GetValue<string>()));
        Assert.Empty(Directory.GetFiles(system.Documents, "*.password", SearchOption.AllDirectories));
    }
}

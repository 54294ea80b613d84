using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Identity.Provider.People;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Provider.Passkeys;

public sealed class PasskeyChallengeTests(RunningProvider provider) : IClassFixture<RunningProvider>
{
    // The state is no promised contract of the framework: when its form changes, this test says so before an approval does.
    [Fact]
    public async Task The_frameworks_state_holds_the_challenge_in_base64_and_the_person()
    {
        await using var scope = provider.Services.CreateAsyncScope();
        var people = scope.ServiceProvider.GetRequiredService<UserManager<Person>>();
        var person = (await people.FindByIdAsync(await provider.PersonId("PNOXX-48504210018")))!;
        var made = await scope.ServiceProvider.GetRequiredService<PasskeyHandler<Person>>().MakeRequestOptionsAsync(person, new DefaultHttpContext());
        var state = JsonNode.Parse(made.AssertionState!)!.AsObject();
        Assert.Equal(["challenge", "userId"], state.Select(member => member.Key).Order());
        Assert.Equal(person.Id, state["userId"]!.GetValue<string>());
        Assert.Equal(32, Convert.FromBase64String(state["challenge"]!.GetValue<string>()).Length);

        var challenge = SHA256.HashData("structure"u8);
        var replaced = PasskeyChallenge.Replace(made, challenge);
        Assert.Equal(challenge, System.Buffers.Text.Base64Url.DecodeFromChars(JsonNode.Parse(replaced.OptionsJson)!["challenge"]!.GetValue<string>()));
        Assert.Equal(challenge, Convert.FromBase64String(JsonNode.Parse(replaced.State)!["challenge"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"challenge\":7}")]
    [InlineData("{\"challenge\":\"AAAA\",\"userId\":\"x\"}")]
    [InlineData("[]")]
    public void Refuses_a_state_of_unknown_form(string state)
    {
        var made = new PasskeyRequestOptionsResult { RequestOptionsJson = "{\"challenge\":\"AQID\"}", AssertionState = state };
        Assert.Throws<InvalidOperationException>(() => PasskeyChallenge.Replace(made, new byte[32]));
    }
}

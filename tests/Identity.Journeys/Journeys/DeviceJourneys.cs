using System.Text.Json.Nodes;
using Identity.Journeys.Running;
using Microsoft.Playwright;

namespace Identity.Journeys.Journeys;

/// <summary>A person lets a device without a browser use their details: its code, who asks, yes or no (RFC 8628).</summary>
[Collection("whole system")]
public sealed class DeviceJourneys(WholeSystem system)
{
    private string Provider => system.Host.Address(0);

    [Theory]
    [InlineData("en", DemoCodes.Liis)]
    [InlineData("et", DemoCodes.Wei)]
    [InlineData("zh-Hans", DemoCodes.Amira)]
    public async Task Enters_the_code_of_a_device_sees_who_asks_and_answers(string language, string code)
    {
        using var kiosk = new AtProvider(system.Host);
        var id = $"kiosk-{language}";
        var secret = kiosk.Register(id, "City Kiosk", "--grant-type", "urn:ietf:params:oauth:grant-type:device_code", "--sector", "kiosk.example");
        await using var visitor = await system.Visit(language);
        await visitor.Go(Provider + "login");
        await visitor.Enrol(code);
        await visitor.Page.Locator("form[action*='handler=SignOut']").WaitForAsync();

        await visitor.Go(Provider + "device");
        await visitor.Look("provider-device");
        await Enter(visitor, "BCDF-GHJK");
        await visitor.Page.Locator("#code-error").WaitForAsync();
        await visitor.Look("provider-device-code-refused");

        var allowed = await Begin(kiosk, id, secret);
        await Enter(visitor, (string)allowed["user_code"]!);
        await visitor.Page.Locator("form[action*='handler=Allow']").WaitForAsync();
        await visitor.Look("provider-device-confirm");
        await visitor.Click("form[action*='handler=Allow'] button");
        await visitor.Page.Locator("form[action*='handler=Allow']").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await visitor.Look("provider-device-allowed");
        Assert.NotNull((await Token(kiosk, id, secret, allowed))["access_token"]);

        // By the link that the device may show: the code is filled in, and still the person answers.
        var denied = await Begin(kiosk, id, secret);
        await visitor.Go((string)denied["verification_uri_complete"]!);
        await visitor.Click("form:has(#user_code) button[type=submit]");
        await visitor.Click("form[action*='handler=Deny'] button");
        await visitor.Page.Locator("form[action*='handler=Deny']").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await visitor.Look("provider-device-denied");
        Assert.Equal("access_denied", (string?)(await Token(kiosk, id, secret, denied))["error"]);
    }

    private static async Task Enter(Visitor visitor, string code)
    {
        await visitor.Page.Locator("#user_code").FillAsync(code);
        await visitor.Click("form:has(#user_code) button[type=submit]");
    }

    private static Task<JsonNode> Begin(AtProvider kiosk, string id, string secret) =>
        kiosk.Post("device_authorization", new() { ["client_id"] = id, ["client_secret"] = secret, ["scope"] = "openid profile" });

    private static Task<JsonNode> Token(AtProvider kiosk, string id, string secret, JsonNode begun) => kiosk.Post("token", new()
    {
        ["grant_type"] = "urn:ietf:params:oauth:grant-type:device_code", ["device_code"] = (string)begun["device_code"]!, ["client_id"] = id, ["client_secret"] = secret,
    });
}

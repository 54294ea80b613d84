using Identity.Journeys.Running;

namespace Identity.Journeys.Journeys;

/// <summary>An agency that needs level high, and people whose passkeys are below: the page says what is missing and lets them go back.</summary>
[Collection("whole system")]
public sealed class StepUpJourneys(WholeSystem system)
{
    private const string High = """{"id_token":{"acr":{"essential":true,"value":"http://eidas.europa.eu/LoA/high"}}}""";

    private string Provider => system.Host.Address(0);

    [Theory]
    [InlineData("en", DemoCodes.Liis)]
    [InlineData("et", DemoCodes.Wei)]
    [InlineData("zh-Hans", DemoCodes.Amira)]
    public async Task Is_asked_for_a_stronger_passkey_and_goes_back_without_one(string language, string code)
    {
        using var archive = new AtProvider(system.Host);
        var id = $"archive-{language}";
        // Where the answer goes is some page that is there.
        var back = system.Host.Address(100) + "health/live";
        archive.Register(id, "State Archive", "--redirect-uri", back);
        var request = $"{Provider}authorize?client_id={id}&response_type=code&scope=openid%20profile&redirect_uri={Uri.EscapeDataString(back)}&claims={Uri.EscapeDataString(High)}";
        await using var visitor = await system.Visit(language);
        await visitor.Go(request);
        await visitor.Arrive(Provider + "login?");
        await visitor.Look("provider-login-high");
        await visitor.Enrol(code);
        // Signed in, and below: so it is this page again.
        await visitor.Page.Locator("form[data-passkey=get]").WaitForAsync();
        await visitor.Arrive(Provider + "login?");
        await visitor.Look("provider-login-high-missing");
        await visitor.Click("form[action*='handler=Cancel'] button");
        await visitor.Arrive(back);
        Assert.Contains("error=unmet_authentication_requirements", visitor.Page.Url, StringComparison.Ordinal);
    }
}

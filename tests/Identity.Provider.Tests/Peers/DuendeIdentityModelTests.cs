using System.Net;
using System.Security.Cryptography;
using Duende.IdentityModel;
using Duende.IdentityModel.Client;
using Identity.Provider.Dpop;

namespace Identity.Provider.Peers;

/// <summary>Duende.IdentityModel 8.1.0: a discovery document held to its strict policy, and a conformance-minded client's requests.</summary>
public sealed class DuendeIdentityModelTests(RunningProvider provider) : IClassFixture<RunningProvider>
{
    [Fact]
    public async Task Its_strict_policy_finds_nothing_wrong_in_the_discovery_document()
    {
        using var http = new HttpClient();
        var document = await Discovered(http, provider.Issuer.AbsoluteUri);
        Assert.False(document.IsError, document.Error);
        Assert.Equal(provider.Issuer.AbsoluteUri, document.Issuer);
        Assert.NotEmpty(document.KeySet!.Keys);
        Assert.True(document.AuthorizationResponseIssParameterSupported);
        Assert.Equal(new Uri(provider.Issuer, "par").AbsoluteUri, document.PushedAuthorizationRequestEndpoint);
    }

    [Fact]
    public async Task It_refuses_a_document_that_was_asked_for_at_another_name()
    {
        using var http = new HttpClient();
        // RFC 8414 3.3: the issuer is what was asked for, letter by letter.
        var document = await Discovered(http, provider.Issuer.AbsoluteUri.Replace("localhost", "127.0.0.1", StringComparison.Ordinal));
        Assert.True(document.IsError);
        Assert.Equal(ResponseErrorType.PolicyViolation, document.ErrorType);
    }

    [Fact]
    public async Task Pushes_and_redeems_with_an_assertion_and_a_proof()
    {
        using var http = new HttpClient();
        using var agency = new Agency(provider, "tax-portal");
        using var key = new DpopKey(provider);
        using var browser = new Browser(provider);
        await browser.SignIn();
        await provider.Consent(agency.ClientId);
        var document = await Discovered(http, provider.Issuer.AbsoluteUri);

        using var push = new PushedAuthorizationRequest
        {
            Address = document.PushedAuthorizationRequestEndpoint,
            ClientId = agency.ClientId,
            ClientAssertion = Assertion(agency),
            ClientCredentialStyle = ClientCredentialStyle.PostBody,
            ResponseType = OidcConstants.ResponseTypes.Code,
            RedirectUri = agency.RedirectUri,
            Scope = "openid profile",
            State = agency.State,
            Nonce = agency.Nonce,
            CodeChallenge = Agency.Challenge(agency.Verifier),
            CodeChallengeMethod = OidcConstants.CodeChallengeMethods.Sha256,
            DPoPProofToken = key.Proof("POST", "par"),
        };
        var pushed = await http.PushAuthorizationAsync(push, TestContext.Current.CancellationToken);
        Assert.False(pushed.IsError, pushed.Error);

        var address = new RequestUrl(document.AuthorizeEndpoint!).CreateAuthorizeUrl(agency.ClientId, requestUri: pushed.RequestUri);
        var answer = new AuthorizeResponse(await browser.Arrives(address, agency.RedirectUri));
        Assert.False(answer.IsError, answer.Error);
        Assert.Equal(document.Issuer, answer.Issuer);

        using var redeem = new AuthorizationCodeTokenRequest
        {
            Address = document.TokenEndpoint,
            ClientId = agency.ClientId,
            ClientAssertion = Assertion(agency),
            ClientCredentialStyle = ClientCredentialStyle.PostBody,
            Code = answer.Code!,
            RedirectUri = agency.RedirectUri,
            CodeVerifier = agency.Verifier,
            DPoPProofToken = key.Proof("POST", "token"),
        };
        var tokens = await http.RequestAuthorizationCodeTokenAsync(redeem, TestContext.Current.CancellationToken);
        Assert.False(tokens.IsError, tokens.Error);
        Assert.Equal("DPoP", tokens.TokenType);
        Assert.NotNull(tokens.IdentityToken);
    }

    private static ClientAssertion Assertion(Agency agency) => new() { Type = OidcConstants.ClientAssertionTypes.JwtBearer, Value = agency.Assertion() };

    private static async Task<DiscoveryDocumentResponse> Discovered(HttpClient http, string issuer)
    {
        // The policy as it comes: https but for loopback, the issuer as asked for, every address at the issuer's, keys present.
        using var request = new DiscoveryDocumentRequest { Address = issuer };
        return await http.GetDiscoveryDocumentAsync(request, TestContext.Current.CancellationToken);
    }
}

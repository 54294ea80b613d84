using System.Net;
using Identity.Verification.Tests.Fixtures;

namespace Identity.Verification.Tests.Validations;

/// <summary>Anybody may ask, and nobody as much as they like. One limit is passed before a minute can have ended twice, whatever the clock says.</summary>
public sealed class RequestLimitTests(Hierarchy hierarchy)
{
    [Theory]
    [InlineData("/", "RequestsPerAddress")]
    [InlineData("/validate", "RequestsPerAddress")]
    [InlineData("/v1/validations", "RequestsPerAddress")]
    [InlineData("/?sha256=aa", "CodesPerAddress")]
    public async Task One_past_the_limit_is_asked_to_come_back_and_health_is_not_counted(string path, string setting)
    {
        await using var server = new VerificationServer(hierarchy) { Settings = [$"--Verification:{setting}=3"] };
        await server.InitializeAsync();
        var cancellation = TestContext.Current.CancellationToken;
        var passed = 0;
        // A minute may end in the midst: then as many pass once more, and no more than that.
        HttpResponseMessage answer;
        while ((answer = await server.Client.GetAsync(new Uri(path, UriKind.Relative), cancellation)).StatusCode != HttpStatusCode.TooManyRequests && passed < 7)
        {
            passed++;
            answer.Dispose();
        }

        using (answer)
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
            Assert.InRange(passed, 3, 6);
            Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        }

        using var health = await server.Client.GetAsync(new Uri("/health/live", UriKind.Relative), cancellation);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }
}

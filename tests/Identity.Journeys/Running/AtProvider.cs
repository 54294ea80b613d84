using System.Text.Json.Nodes;
using Identity.TestKit;

namespace Identity.Journeys.Running;

/// <summary>An agency that an operator registers at a running Provider by command, and what it asks there itself.</summary>
public sealed class AtProvider(DevHostProcess host) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = new Uri(host.Address(0)) };

    /// <summary>Registers a legacy client; its secret.</summary>
    public string Register(string id, string name, params string[] options)
    {
        var result = Tool.RunWith("dotnet",
        [
            DevHostProcess.Built("Identity.Provider"), "client", "add", "--id", id, "--name", name, "--profile", "legacy", "--auth", "client_secret_post", "--scope", "openid profile",
            "--data", host.Data, "--json", .. options,
        ]);
        Assert.True(result.ExitCode == 0, result.Text);
        return (string)JsonNode.Parse(result.Output)!["client_secret"]!;
    }

    public async Task<JsonNode> Post(string path, Dictionary<string, string> form)
    {
        using var content = new FormUrlEncodedContent(form);
        using var answer = await _http.PostAsync(new Uri(path, UriKind.Relative), content, TestContext.Current.CancellationToken);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
    }

    public void Dispose() => _http.Dispose();
}

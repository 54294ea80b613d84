using System.Buffers.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Identity;

namespace Identity.Provider.Passkeys;

/// <summary>
/// Puts a challenge of our own in the place of the framework's random one, in the options for the browser (base64url) and in the state that the
/// answer is verified against (base64). The form of the state is no promise of the framework: whatever is not as known is refused here, and a test holds it.
/// </summary>
internal static class PasskeyChallenge
{
    public static ChallengeOptions Replace(PasskeyRequestOptionsResult made, byte[] challenge)
    {
        var options = JsonNode.Parse(made.RequestOptionsJson) as JsonObject ?? throw Unknown("options");
        var state = JsonNode.Parse(made.AssertionState ?? throw Unknown("state")) as JsonObject ?? throw Unknown("state");
        var known = Base64Url.DecodeFromChars(Text(options, "options"));
        if (!known.AsSpan().SequenceEqual(Decode(Text(state, "state"))))
            throw Unknown("state");
        options["challenge"] = Base64Url.EncodeToString(challenge);
        state["challenge"] = Convert.ToBase64String(challenge);
        return new ChallengeOptions(options.ToJsonString(), state.ToJsonString());
    }

    private static string Text(JsonObject owner, string where) =>
        owner["challenge"] is JsonValue value && value.TryGetValue<string>(out var text) ? text : throw Unknown(where);

    private static byte[] Decode(string base64)
    {
        try
        {
            return Convert.FromBase64String(base64);
        }
        catch (FormatException)
        {
            throw Unknown("state");
        }
    }

    private static InvalidOperationException Unknown(string what) =>
        new($"The framework's passkey {what} has a form that this version does not know; approvals are refused.");
}

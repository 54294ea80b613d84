using Microsoft.IdentityModel.JsonWebTokens;

namespace Identity.Signing.Csc;

/// <summary>Says of a token that the Provider calls over whether it says so itself: for the words of a refusal, believed in nothing else.</summary>
internal static class SadExpiry
{
    public static bool HasPassed(string sad, TimeProvider time)
    {
        try
        {
            return new JsonWebToken(sad).ValidTo is var end && end > DateTime.MinValue && end <= time.GetUtcNow().UtcDateTime;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}

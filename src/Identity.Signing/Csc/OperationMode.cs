using System.Text.Json;

namespace Identity.Signing.Csc;

/// <summary>CSC API v2 11.10, 11.11: whether the answer waits for the signatures, or they for who asks.</summary>
/// <param name="IsAsynchronous">operationMode A.</param>
/// <param name="Kept">validity_period: how long the outcome is kept for who asks.</param>
/// <param name="ResponseUri">Where to say that it is there; one that the operator has registered for this program.</param>
internal sealed record OperationMode(bool IsAsynchronous, TimeSpan Kept, Uri? ResponseUri)
{
    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan Longest = TimeSpan.FromHours(1);
    private static readonly TimeSpan Usual = TimeSpan.FromMinutes(10);

    public static OperationMode Read(CscBody body, string client, ProgramRegistry programs)
    {
        var mode = body.Text("operationMode", 16);
        if (mode is not (null or "S" or "A"))
            throw new CscRefusedException(CscError.Invalid("operationMode"));
        var (period, address) = (body.Find("validity_period"), body.Text("response_uri", ProgramRegistry.LongestAddress));
        if (mode != "A")
        {
            // Both are for the asynchronous mode alone.
            if (period is not null || address is not null)
                throw new CscRefusedException(CscError.Invalid(period is not null ? "validity_period" : "response_uri"));
            return new OperationMode(false, TimeSpan.Zero, null);
        }

        var to = address is null ? null : programs.AcceptResponseUri(client, address) ?? throw new CscRefusedException(CscError.Invalid("response_uri"));
        return new OperationMode(true, period is { } value ? Period(value) : Usual, to);
    }

    private static TimeSpan Period(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var milliseconds))
            throw new CscRefusedException(CscError.Invalid("validity_period"));
        return milliseconds >= (long)Shortest.TotalMilliseconds && milliseconds <= (long)Longest.TotalMilliseconds
            ? TimeSpan.FromMilliseconds(milliseconds)
            : throw new CscRefusedException(CscError.InvalidRequest("Out of bounds parameter validity_period"));
    }
}

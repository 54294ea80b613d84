using System.Globalization;
using System.Text.Json;
using Identity.Pdf.Signatures;
using Identity.Signing.Agencies;
using Identity.Signing.Pades;
using Identity.Signing.Requests;
using Identity.Web;

namespace Identity.Signing.Ceremonies;

public abstract record DescriptionRead
{
    private DescriptionRead() { }

    public sealed record Good(CeremonyDescription Description) : DescriptionRead;

    /// <param name="Reason">For the agency: names the member and its rule.</param>
    public sealed record Refused(string Reason) : DescriptionRead;
}

/// <summary>One who is to sign, as the agency describes them.</summary>
public sealed record DescribedSigner(string Identifier, int Order, string? Label, RequestedForm? Form);

/// <summary>What an agency wants: the JSON object of the field `ceremony`, checked.</summary>
public sealed record CeremonyDescription
{
    public const int FewestSigners = 2;
    public const int MostSigners = 20;
    public const int HighestOrder = 100;
    private const int Deepest = 8;
    public static readonly TimeSpan ShortestTime = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan LongestTime = TimeSpan.FromDays(90);

    private static readonly string[] Known = ["purpose", "return_url", "level", "deadline", "remind_at", "continue_after_decline", "webhook_url", "signers"];
    private static readonly string[] KnownOfSigner = ["identifier", "order", "label", "signature"];

    public required string Purpose { get; init; }

    public required Uri ReturnUrl { get; init; }

    public required PadesLevel Level { get; init; }

    public required DateTimeOffset Deadline { get; init; }

    public DateTimeOffset? RemindAt { get; init; }

    public required bool ContinuesAfterDecline { get; init; }

    public Uri? WebhookUrl { get; init; }

    public required IReadOnlyList<DescribedSigner> Signers { get; init; }

    public static DescriptionRead Read(string text, Agency agency, SigningSettings settings, DateTimeOffset now)
    {
        using var json = ForeignJson.Read(text, Deepest);
        return json is null ? Refuse("ceremony must be a JSON object.") : Read(json.RootElement, agency, settings, now);
    }

    private static DescriptionRead Read(JsonElement asked, Agency agency, SigningSettings settings, DateTimeOffset now)
    {
        if (asked.ValueKind != JsonValueKind.Object)
            return Refuse("ceremony must be a JSON object.");
        if (asked.EnumerateObject().Any(member => !Known.Contains(member.Name, StringComparer.Ordinal)))
            return Refuse("ceremony has an unknown member.");
        if (Text(asked, "purpose") is not { } purpose || !ShowableText.IsShowable(purpose, SigningRequest.LongestPurpose))
            return Refuse($"purpose must have 1 to {SigningRequest.LongestPurpose} characters, none of which hides or reorders text.");
        if (agency.AcceptReturnUrl(Text(asked, "return_url") ?? "") is not { } returnUrl)
            return Refuse("return_url is not registered for this client.");
        if ((asked.TryGetProperty("level", out _) && Text(asked, "level") is null) || agency.AskedLevel(Text(asked, "level"), settings) is not { } level || level < PadesLevel.T)
            return Refuse("level must be B-T, B-LT or B-LTA, one that this client may ask for and this service can reach.");
        if (Moment(asked, "deadline") is not { } deadline || deadline < now + ShortestTime || deadline > now + LongestTime)
            return Refuse($"deadline must be a time as 2030-01-31T12:00:00Z, from {ShortestTime.TotalMinutes} minute to {LongestTime.TotalDays} days from now.");
        var remindAt = Moment(asked, "remind_at");
        if (asked.TryGetProperty("remind_at", out _) && (remindAt is null || remindAt >= deadline))
            return Refuse("remind_at must be a time before the deadline.");
        if (asked.TryGetProperty("continue_after_decline", out var continues) && continues.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            return Refuse("continue_after_decline must be true or false.");
        var webhook = agency.AcceptWebhookUrl(Text(asked, "webhook_url"));
        if (asked.TryGetProperty("webhook_url", out _) && webhook is null)
            return Refuse("webhook_url is not registered for this client.");
        var (signers, refusal) = SignersOf(asked, purpose);
        return refusal is not null ? Refuse(refusal) : new DescriptionRead.Good(new CeremonyDescription
        {
            Purpose = purpose,
            ReturnUrl = returnUrl,
            Level = level,
            Deadline = deadline,
            RemindAt = remindAt,
            ContinuesAfterDecline = continues.ValueKind == JsonValueKind.True,
            WebhookUrl = webhook,
            Signers = signers,
        });
    }

    private static (IReadOnlyList<DescribedSigner> Signers, string? Refusal) SignersOf(JsonElement asked, string purpose)
    {
        if (!asked.TryGetProperty("signers", out var listed) || listed.ValueKind != JsonValueKind.Array || listed.GetArrayLength() is < FewestSigners or > MostSigners)
            return ([], $"signers must be {FewestSigners} to {MostSigners}.");
        var signers = new List<DescribedSigner>();
        foreach (var (one, number) in listed.EnumerateArray().Select((one, index) => (one, index + 1)))
        {
            var (signer, refusal) = Signer(one, purpose);
            if (signer is null)
                return ([], string.Create(CultureInfo.InvariantCulture, $"signer {number}: {refusal}"));
            signers.Add(signer);
        }

        return (signers, Together(signers));
    }

    private static (DescribedSigner? Signer, string? Refusal) Signer(JsonElement asked, string purpose)
    {
        if (asked.ValueKind != JsonValueKind.Object || asked.EnumerateObject().Any(member => !KnownOfSigner.Contains(member.Name, StringComparer.Ordinal)))
            return (null, "must be an object with identifier, order and perhaps label and signature.");
        if (Text(asked, "identifier") is not { } identifier || !SignerIdentifier.IsOne(identifier))
            return (null, "identifier must be a semantic identifier such as PNOXX-12345.");
        if (!asked.TryGetProperty("order", out var order) || order.ValueKind != JsonValueKind.Number || !order.TryGetInt32(out var at) || at is < 1 or > HighestOrder)
            return (null, $"order must be from 1 to {HighestOrder}.");
        if (asked.TryGetProperty("label", out _) && (Text(asked, "label") is not { } label || !ShowableText.IsShowable(label, SignerPlace.LongestLabel)))
            return (null, $"label must have 1 to {SignerPlace.LongestLabel} characters, none of which hides or reorders text.");
        RequestedForm? form = null;
        if (asked.TryGetProperty("signature", out var signature))
        {
            switch (RequestedForm.ReadAsked(signature))
            {
                case FormRead.Refused refused:
                    return (null, refused.Description);
                case FormRead.Good good:
                    form = good.Form;
                    break;
            }
        }

        return SignatureStatement.Fits(purpose, form)
            ? (new DescribedSigner(identifier, at, Text(asked, "label"), form), null)
            : (null, $"purpose and what the signature does must together have at most {SigningRequest.LongestPurpose} characters.");
    }

    /// <summary>What one signature does must leave the others possible.</summary>
    private static string? Together(List<DescribedSigner> signers)
    {
        if (signers.Any(signer => signer.Form?.Certification == CertificationPermission.NoChanges))
            return "signers: certification 1 leaves no room for the signatures of others.";
        // ISO 32000-2 12.8.2.2: only the first signature certifies.
        var first = signers.Min(signer => signer.Order);
        if (signers.Any(signer => signer.Form?.Certification is not null) && (signers.Count(signer => signer.Order == first) > 1 || signers.Any(signer => signer.Order > first && signer.Form?.Certification is not null)))
            return "signers: only one who signs alone before all others can certify.";
        var fields = signers.Select(signer => signer.Form?.Field).Where(field => field is not null).ToList();
        return fields.Count != fields.Distinct(StringComparer.Ordinal).Count() ? "signers: a field is named twice." : null;
    }

    /// <summary>Whether a lock of one signature takes a field from another that may come later; asked with the locks of the document's own fields.</summary>
    internal static bool LocksOneAnother(IReadOnlyList<DescribedSigner> signers) => signers.Any(locker => locker.Form?.EffectiveLock is { } locked
        && signers.Any(other => other != locker && other.Order >= locker.Order && other.Form?.Field is { } field && Locks(locked, field)));

    private static bool Locks(FieldLock locked, string field)
    {
        var named = locked.Fields.Any(name => field == name || field.StartsWith(name + ".", StringComparison.Ordinal));
        return locked.Action switch { LockAction.All => true, LockAction.Include => named, _ => !named };
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // RFC 3339 with an offset: a time without one would mean another moment to each of us.
    private static DateTimeOffset? Moment(JsonElement parent, string name) =>
        Text(parent, name) is { Length: <= 40 } text && (text.EndsWith('Z') || text.LastIndexOf('+') > 10 || text.LastIndexOf('-') > 10)
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var moment)
            ? DateTimeOffset.FromUnixTimeSeconds(moment.ToUnixTimeSeconds()) : null;

    private static DescriptionRead.Refused Refuse(string reason) => new(reason);
}

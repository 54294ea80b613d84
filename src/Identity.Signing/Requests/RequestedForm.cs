using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.Pdf.Signatures;
using Identity.Pkix.Cms;
using Identity.Signing.Appearances;
using Identity.Signing.Pades;
using Identity.Web;

namespace Identity.Signing.Requests;

/// <summary>What came of reading the field `signature`.</summary>
public abstract record FormRead
{
    private FormRead() { }

    public sealed record Good(RequestedForm Form) : FormRead;

    /// <param name="Description">For the agency: names the member and its rule.</param>
    public sealed record Refused(string Description) : FormRead;
}

/// <summary>
/// What an agency wants a signature to be beside an ordinary approval: the JSON object of the field `signature`, kept with the request in one form.
/// Everything in it that the signer states, or that changes what others may do with the document, is shown and approved: see
/// <see cref="SignatureStatement"/>.
/// </summary>
public sealed record RequestedForm
{
    public const int LongestName = 255;
    public const int LongestText = 100;
    public const int MostLockedFields = 50;
    public const int LongestPolicyUri = 500;
    private const int LongestIdentifier = 100;
    private const int Sha256Characters = 64;
    private const int Deepest = 4;

    private const string NoChangesWarning = "certification 1 permits no changes: ISO 32000-2 12.8.2.2.2 takes the validation data and time-stamps that make a signature last for no change, "
        + "yet Acrobat and Foxit call the document changed for them. Set accepts_no_changes to true to have it all the same, or ask for 2 or 3.";

    private static readonly string[] Known =
        ["field", "certification", "accepts_no_changes", "lock", "commitment", "policy", "role", "location", "contact", "visible", "field_locks"];

    private static readonly Dictionary<string, string> Commitments = new(StringComparer.Ordinal)
    {
        ["origin"] = CommitmentTypes.ProofOfOrigin,
        ["receipt"] = CommitmentTypes.ProofOfReceipt,
        ["delivery"] = CommitmentTypes.ProofOfDelivery,
        ["sender"] = CommitmentTypes.ProofOfSender,
        ["approval"] = CommitmentTypes.ProofOfApproval,
        ["creation"] = CommitmentTypes.ProofOfCreation,
    };

    /// <summary>Full name of an empty signature field.</summary>
    public string? Field { get; private init; }

    public CertificationPermission? Certification { get; private init; }

    /// <summary>The agency has read why viewers will complain.</summary>
    public bool AcceptsNoChanges { get; private init; }

    public FieldLock? Lock { get; private init; }

    /// <summary>One of six words; their object identifiers are those of EN 319 122-1 5.2.3.</summary>
    public string? Commitment { get; private init; }

    public SignaturePolicy? Policy { get; private init; }

    /// <summary>As the agency states it; nobody certifies it.</summary>
    public string? Role { get; private init; }

    public string? Location { get; private init; }

    public string? Contact { get; private init; }

    /// <summary>Null for a signature that shows nothing. The person may choose otherwise.</summary>
    public VisibleSignature? Visible { get; init; }

    /// <summary>What the existing field itself locks once it is signed: found in the document, not asked for.</summary>
    public FieldLock? LockOfField { get; init; }

    /// <summary>An approval and nothing else.</summary>
    public bool IsOrdinary => this == new RequestedForm();

    public FieldLock? EffectiveLock => Lock ?? LockOfField;

    public static FormRead Read(string text)
    {
        using var json = ForeignJson.Read(text, Deepest);
        return json is null ? new FormRead.Refused("signature must be a JSON object.") : Read(json.RootElement);
    }

    /// <summary>Of a foreign text: what is found in the document must not be stated by anyone.</summary>
    public static FormRead ReadAsked(JsonElement asked) =>
        asked.ValueKind == JsonValueKind.Object && asked.TryGetProperty("field_locks", out _) ? new FormRead.Refused("signature has an unknown member.") : Read(asked);

    public static FormRead ReadAsked(string text)
    {
        using var json = ForeignJson.Read(text, Deepest);
        return json is null ? new FormRead.Refused("signature must be a JSON object.") : ReadAsked(json.RootElement);
    }

    private static FormRead Read(JsonElement asked)
    {
        if (asked.ValueKind != JsonValueKind.Object)
            return new FormRead.Refused("signature must be a JSON object.");
        if (asked.EnumerateObject().Any(member => !Known.Contains(member.Name, StringComparer.Ordinal)))
            return new FormRead.Refused("signature has an unknown member.");
        var reader = new Members(asked);
        var form = new RequestedForm
        {
            Field = reader.Text("field", LongestName),
            Certification = (CertificationPermission?)reader.OneToThree("certification"),
            AcceptsNoChanges = reader.Flag("accepts_no_changes"),
            Lock = reader.FieldLock("lock"),
            LockOfField = reader.FieldLock("field_locks"),
            Commitment = reader.Word("commitment", Commitments.Keys),
            Policy = reader.Policy("policy"),
            Role = reader.Text("role", SignerRoles.Longest),
            Location = reader.Text("location", LongestText),
            Contact = reader.Text("contact", LongestText),
            Visible = reader.Of("visible", VisibleSignature.Rule, VisibleSignature.Read),
        };
        if (reader.Refusal is { } refusal)
            return new FormRead.Refused(refusal);
        if (form.Certification == CertificationPermission.NoChanges && !form.AcceptsNoChanges)
            return new FormRead.Refused(NoChangesWarning);
        // ISO 32000-2 table 235: the lock of an existing field is its own.
        return form is { Field: not null, Lock: not null } ? new FormRead.Refused("an existing field has a lock of its own: lock is for new ones.") : new FormRead.Good(form);
    }

    /// <summary>As kept with the request: read back by <see cref="Stored"/>, and the same for what means the same.</summary>
    public string ToJson()
    {
        var json = new JsonObject();
        void Put(string name, JsonNode? value)
        {
            if (value is not null)
                json[name] = value;
        }

        Put("field", Field);
        Put("certification", (int?)Certification);
        Put("accepts_no_changes", AcceptsNoChanges ? true : null);
        Put("lock", Of(Lock));
        Put("commitment", Commitment);
        Put("policy", Policy is null ? null : new JsonObject { ["oid"] = Policy.Oid, ["sha256"] = Convert.ToHexStringLower(Policy.Digest.Span), ["uri"] = Policy.Uri });
        Put("role", Role);
        Put("location", Location);
        Put("contact", Contact);
        Put("visible", Visible?.ToJson());
        Put("field_locks", Of(LockOfField));
        return json.ToJsonString();
    }

    /// <summary>What <see cref="ToJson"/> wrote; null for a request without a form.</summary>
    public static RequestedForm? Stored(string? json) => json is null ? null : Read(json) switch
    {
        FormRead.Good good => good.Form,
        _ => throw new InvalidOperationException("A stored form cannot be read."),
    };

    internal SignatureForm ToSignatureForm() => new()
    {
        ExistingField = Field,
        Certification = Certification,
        AcceptsNoChangesBehind = AcceptsNoChanges,
        Lock = Lock,
        CommitmentType = Commitment is null ? null : Commitments[Commitment],
        Policy = Policy,
        ClaimedRoles = Role is null ? [] : [Role],
        Location = Location,
        ContactInfo = Contact,
    };

    private static JsonObject? Of(FieldLock? fields)
    {
        if (fields is null)
            return null;
        var json = new JsonObject { ["action"] = fields.Action.ToString().ToLowerInvariant() };
        if (fields.Action != LockAction.All)
            json["fields"] = new JsonArray([.. fields.Fields.Select(name => (JsonNode?)JsonValue.Create(name))]);
        return json;
    }

    /// <summary>Reads members one after another and remembers the first that cannot be read.</summary>
    private sealed class Members(JsonElement parent)
    {
        public string? Refusal { get; private set; }

        public string? Text(string name, int longest) => Of(name, $"{name} must have 1 to {longest} characters, none of which hides or reorders text.",
            value => value.ValueKind == JsonValueKind.String && value.GetString() is { } text && ShowableText.IsShowable(text, longest) ? text : null);

        public int? OneToThree(string name) => parent.TryGetProperty(name, out var value)
            ? value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number is >= 1 and <= 3 ? number : Refuse<int?>($"{name} must be 1, 2 or 3.")
            : null;

        public bool Flag(string name) => parent.TryGetProperty(name, out var value) && (value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => Refuse<bool>($"{name} must be true or false."),
        });

        public string? Word(string name, IReadOnlyCollection<string> words) => Of(name, $"{name} must be one of {string.Join(", ", words)}.",
            value => value.ValueKind == JsonValueKind.String && words.Contains(value.GetString()!) ? value.GetString() : null);

        public FieldLock? FieldLock(string name) => Of(
            name, $"{name} must have an action (all, include, exclude) and, but for all, 1 to {MostLockedFields} names of fields.", value =>
            {
                if (value.ValueKind != JsonValueKind.Object || value.EnumerateObject().Any(member => member.Name is not ("action" or "fields"))
                    || !value.TryGetProperty("action", out var action) || action.ValueKind != JsonValueKind.String)
                    return null;
                var names = value.TryGetProperty("fields", out var fields) ? Names(fields) : [];
                return (action.GetString(), names) switch
                {
                    ("all", []) => new FieldLock(LockAction.All, []),
                    ("include", { Count: > 0 }) => new FieldLock(LockAction.Include, names),
                    ("exclude", { Count: > 0 }) => new FieldLock(LockAction.Exclude, names),
                    _ => null,
                };
            });

        public SignaturePolicy? Policy(string name) => Of(name, $"{name} must have oid, sha256 (hexadecimal, of the policy's document) and perhaps uri (http or https).", value =>
        {
            if (value.ValueKind != JsonValueKind.Object || value.EnumerateObject().Any(member => member.Name is not ("oid" or "sha256" or "uri"))
                || !value.TryGetProperty("oid", out var oid) || oid.ValueKind != JsonValueKind.String || !IsObjectIdentifier(oid.GetString()!)
                || !value.TryGetProperty("sha256", out var digest) || digest.ValueKind != JsonValueKind.String || digest.GetString() is not { Length: Sha256Characters } hex || !hex.All(char.IsAsciiHexDigit))
                return null;
            string? uri = null;
            if (value.TryGetProperty("uri", out var address) && address.ValueKind != JsonValueKind.Null)
            {
                uri = address.ValueKind == JsonValueKind.String ? address.GetString() : "";
                if (uri!.Length > LongestPolicyUri || !uri.All(c => c is > ' ' and < '\x7f') || !Uri.TryCreate(uri, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https"))
                    return null;
            }

            return new SignaturePolicy(oid.GetString()!, HashAlgorithmName.SHA256, Convert.FromHexString(hex), uri);
        });

        private static IReadOnlyList<string> Names(JsonElement fields) =>
            fields.ValueKind == JsonValueKind.Array && fields.GetArrayLength() <= MostLockedFields
            && fields.EnumerateArray().All(field => field.ValueKind == JsonValueKind.String && ShowableText.IsShowable(field.GetString()!, LongestName))
                ? [.. fields.EnumerateArray().Select(field => field.GetString()!)]
                : [];

        // X.660: arcs without leading zeros; the first is 0 to 2, and below 2 the second is less than 40.
        private static bool IsObjectIdentifier(string value)
        {
            if (value.Length > LongestIdentifier || value.Split('.') is not { Length: >= 2 } arcs
                || !arcs.All(arc => arc.Length is > 0 and < 20 && arc.All(char.IsAsciiDigit) && (arc.Length == 1 || arc[0] != '0')))
                return false;
            return arcs[0] is "0" or "1" ? int.TryParse(arcs[1], CultureInfo.InvariantCulture, out var second) && second < 40 : arcs[0] == "2";
        }

        public T? Of<T>(string name, string rule, Func<JsonElement, T?> read) where T : class =>
            !parent.TryGetProperty(name, out var value) ? null : read(value) ?? Refuse<T>(rule);

        private T? Refuse<T>(string rule)
        {
            Refusal ??= "signature: " + rule;
            return default;
        }
    }
}

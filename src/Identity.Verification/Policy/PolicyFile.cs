using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using System.Xml;
using Identity.Verification.Trust;

namespace Identity.Verification.Policy;

/// <summary>A policy file that cannot be used; the message names the member and what is wrong with it.</summary>
public sealed class PolicyFileException : Exception
{
    public PolicyFileException(string member, string reason) : base($"{member} {reason}") { }

    public PolicyFileException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>
/// Reads a validation policy from a JSON file. All is checked when it is read; a member that is left out is as in the policy that needs no
/// file, one that is not known is refused. Moments are ISO 8601 dates or times in UTC, periods ISO 8601 durations.
/// </summary>
public static partial class PolicyFile
{
    /// <summary>Bytes of a policy file, and of the document of a signature policy.</summary>
    public const int LargestFile = 4 * 1024 * 1024;

    private static readonly JsonSerializerOptions Strict = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <exception cref="PolicyFileException">The file cannot be read, or a member of it is not what it must be.</exception>
    public static ValidationPolicy Read(string path)
    {
        try
        {
            return Check(JsonSerializer.Deserialize<Members>(Bytes(path), Strict) ?? throw new PolicyFileException(path, "holds no object"), Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception problem) when (problem is JsonException or IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new PolicyFileException($"not a readable policy file: {path}: {problem.Message}", problem);
        }
    }

    private static ValidationPolicy Check(Members members, string folder)
    {
        var known = ValidationPolicy.Default;
        return known with
        {
            Name = Text("name", members.Name),
            Version = Text("version", members.Version),
            Description = members.Description is null ? known.Description : Text("description", members.Description),
            Algorithms = members.Algorithms is { } algorithms ? Algorithms(algorithms) : known.Algorithms,
            SignerPaths = members.Signers is { } signers ? Signers(signers) : known.SignerPaths,
            RevocationFreshness = Period("revocationFreshness", members.RevocationFreshness, TimeSpan.FromDays(366)) ?? known.RevocationFreshness,
            ClockSkew = Period("clockSkew", members.ClockSkew, TimeSpan.FromHours(1)) ?? known.ClockSkew,
            ClaimedTimeTolerance = Period("claimedTimeTolerance", members.ClaimedTimeTolerance, TimeSpan.FromDays(3660)) ?? known.ClaimedTimeTolerance,
            DemandProvenTime = members.DemandProvenTime ?? known.DemandProvenTime,
            SignaturePolicies = members.SignaturePolicies is { } policies ? Policies(policies, folder) : known.SignaturePolicies,
            AnchorsUntil = (members.AnchorsUntil ?? []).ToDictionary(
                one => Fingerprint().IsMatch(one.Key) ? one.Key.ToLowerInvariant() : throw new PolicyFileException("anchorsUntil", $"names no SHA-256 of a certificate: {one.Key}"),
                one => Moment("anchorsUntil." + one.Key, one.Value) ?? throw new PolicyFileException("anchorsUntil." + one.Key, "is missing")),
            ApprovedDocumentsExtensions = members.ApprovedDocumentsExtensions is { } named ? Identifiers("approvedDocumentsExtensions", named) : known.ApprovedDocumentsExtensions,
        };
    }

    private static AlgorithmSunset Algorithms(AlgorithmMembers members)
    {
        foreach (var (name, _) in members.Digests)
        {
            if (!AlgorithmSunset.KnownDigests.Contains(name))
                throw new PolicyFileException("algorithms.digests", $"names no known digest: {name}");
        }
        for (var i = 0; i < members.Signatures.Count; i++)
        {
            var one = members.Signatures[i];
            if (!AlgorithmSunset.KnownFamilies.Contains(one.Family))
                throw new PolicyFileException($"algorithms.signatures[{i}].family", $"must be one of {string.Join(", ", AlgorithmSunset.KnownFamilies)}");
            if (one.Bits is < 0 or > 16384)
                throw new PolicyFileException($"algorithms.signatures[{i}].bits", "must be from 0 to 16384");
            if (members.Signatures.Take(i).Any(other => other.Family == one.Family && other.Bits == one.Bits))
                throw new PolicyFileException($"algorithms.signatures[{i}]", "is there twice");
        }
        return new AlgorithmSunset(members.Digests.ToDictionary(one => one.Key, one => Moment("algorithms.digests." + one.Key, one.Value)),
            [.. members.Signatures.Select((one, i) => new SignatureSunset(one.Family, one.Bits, Moment($"algorithms.signatures[{i}].until", one.Until)))]);
    }

    private static PathInputs Signers(SignerMembers members)
    {
        var usages = X509KeyUsageFlags.None;
        foreach (var name in members.KeyUsages ?? [])
            usages |= Enum.TryParse<X509KeyUsageFlags>(name, ignoreCase: true, out var flag) && name.All(char.IsLetter) && flag != X509KeyUsageFlags.None
                ? flag : throw new PolicyFileException("signers.keyUsages", $"names no key usage: {name}");
        if (members.KeyUsages is { Count: 0 })
            throw new PolicyFileException("signers.keyUsages", "is empty, so that nobody could sign");
        return new PathInputs
        {
            KeyUsages = members.KeyUsages is null ? PathInputs.Default.KeyUsages : usages,
            Purposes = members.Purposes is { } purposes ? Identifiers("signers.purposes", purposes) : PathInputs.Default.Purposes,
            AcceptedPolicies = Identifiers("signers.policies", members.Policies ?? []),
            ExplicitPolicy = members.ExplicitPolicy,
            InhibitPolicyMapping = members.InhibitPolicyMapping,
            InhibitAnyPolicy = members.InhibitAnyPolicy,
        };
    }

    private static SignaturePolicies Policies(SignaturePolicyMembers members, string folder)
    {
        Identifiers("signaturePolicies.documents", [.. members.Documents.Keys]);
        return new SignaturePolicies(members.Documents.ToDictionary(one => one.Key, one => (ReadOnlyMemory<byte>)Bytes(Path.Combine(folder, one.Value))), members.DemandKnown);
    }

    private static IReadOnlyCollection<string> Identifiers(string member, IReadOnlyList<string> values) =>
        values.FirstOrDefault(value => !ObjectIdentifier().IsMatch(value)) is { } wrong ? throw new PolicyFileException(member, $"holds no object identifier: {wrong}") : values;

    private static string Text(string member, string? value) =>
        value is { Length: > 0 and <= 500 } ? value : throw new PolicyFileException(member, "must have from 1 to 500 characters");

    private static TimeSpan? Period(string member, string? value, TimeSpan most)
    {
        if (value is null)
            return null;
        try
        {
            if (XmlConvert.ToTimeSpan(value) is var period && period >= TimeSpan.Zero && period <= most)
                return period;
        }
        catch (Exception problem) when (problem is FormatException or OverflowException)
        {
            throw new PolicyFileException($"{member} is no ISO 8601 duration", problem);
        }
        throw new PolicyFileException(member, $"must be from zero to {XmlConvert.ToString(most)}");
    }

    private static DateTimeOffset? Moment(string member, string? value)
    {
        if (value is null)
            return null;
        string[] formats = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ss'Z'"];
        return DateTimeOffset.TryParseExact(value, formats, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var moment)
            ? moment : throw new PolicyFileException(member, "is no date as 2029-01-01 and no time as 2029-01-01T00:00:00Z");
    }

    private static byte[] Bytes(string path) =>
        new FileInfo(path).Length <= LargestFile ? File.ReadAllBytes(path) : throw new PolicyFileException(path, $"is larger than {LargestFile} bytes");

    [GeneratedRegex("^[0-2](\\.(0|[1-9][0-9]{0,19})){1,40}$")]
    private static partial Regex ObjectIdentifier();

    [GeneratedRegex("^[0-9A-Fa-f]{64}$")]
    private static partial Regex Fingerprint();

    private sealed record Members(string? Name, string? Version, string? Description, AlgorithmMembers? Algorithms, SignerMembers? Signers, string? RevocationFreshness, string? ClockSkew,
        string? ClaimedTimeTolerance, bool? DemandProvenTime, SignaturePolicyMembers? SignaturePolicies, Dictionary<string, string>? AnchorsUntil, List<string>? ApprovedDocumentsExtensions);

    private sealed record AlgorithmMembers([property: JsonRequired] Dictionary<string, string?> Digests, [property: JsonRequired] List<SignatureMembers> Signatures);

    private sealed record SignatureMembers([property: JsonRequired] string Family, [property: JsonRequired] int Bits, string? Until);

    private sealed record SignerMembers(List<string>? KeyUsages, List<string>? Purposes, List<string>? Policies, bool ExplicitPolicy, bool InhibitPolicyMapping, bool InhibitAnyPolicy);

    private sealed record SignaturePolicyMembers(bool DemandKnown, [property: JsonRequired] Dictionary<string, string> Documents);
}

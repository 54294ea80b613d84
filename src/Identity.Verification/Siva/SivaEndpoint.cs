using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Identity.Verification.Validations;
using Microsoft.AspNetCore.Http.Features;

namespace Identity.Verification.Siva;

public enum SivaPolicyName
{
    POLv3,
    POLv4,
}

public enum SivaReportType
{
    Simple,
    Detailed,
    Diagnostic,
}

/// <summary>`POST /validate`: SiVa 3's request and answer, so that its clients work unchanged.</summary>
public static partial class SivaEndpoint
{
    public const int LongestFileName = 260;

    public const int LongestPolicyName = 100;

    /// <summary>Bytes of everything in the request but the document.</summary>
    private const int Overhead = 16 * 1024;

    public static async Task Handle(HttpContext context, VerificationSettings settings, DocumentValidation validation, UploadBudget budget)
    {
        using var share = budget.Open();
        if (await ReadOrRefuse(context, settings, share, SivaJson.Default.SivaRequest) is not { } request)
            return;
        var errors = Check(request, out var document, out var policy, out var type);
        if (errors.Count > 0)
        {
            await Refuse(context, StatusCodes.Status400BadRequest, [.. errors]);
            return;
        }
        if (document.Length > settings.MaxFileBytes)
        {
            await Refuse(context, StatusCodes.Status413PayloadTooLarge, TooLarge(settings));
            return;
        }
        if (await validation.Validate(document, request.Filename!, context.RequestAborted) is not ValidationOutcome.Done { Report: var report })
        {
            await Busy(context);
            return;
        }
        if (report.Error is not null)
        {
            // Why it cannot be read is said by /v1/validations; clients of SiVa compare these words.
            await Refuse(context, StatusCodes.Status400BadRequest, new SivaError("document", "Document malformed or not matching documentType"));
            return;
        }
        await context.Response.WriteAsJsonAsync(SivaMapping.Answer(report, policy, type), SivaJson.Default.SivaAnswer, cancellationToken: context.RequestAborted);
    }

    /// <summary>The request, or null when it was refused; the answer is written then.</summary>
    internal static async Task<T?> ReadOrRefuse<T>(HttpContext context, VerificationSettings settings, UploadBudget.Share share, JsonTypeInfo<T> form) where T : class =>
        await ReadOrRefuse(context, ((settings.MaxFileBytes + 2L) / 3 * 4) + Overhead, TooLarge(settings), share, form);

    /// <param name="cap">Bytes of the request.</param>
    internal static async Task<T?> ReadOrRefuse<T>(HttpContext context, long cap, SivaError tooLarge, UploadBudget.Share share, JsonTypeInfo<T> form) where T : class
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
            body.MaxRequestBodySize = cap;
        if (context.Request.ContentLength > cap)
        {
            await Refuse(context, StatusCodes.Status413PayloadTooLarge, tooLarge);
            return null;
        }
        var (request, problem) = await Read(context, (int)cap, share, form);
        switch (problem)
        {
            case SivaRefusal.NoRoom:
                await Busy(context);
                return null;
            case SivaRefusal.TooLarge:
                await Refuse(context, StatusCodes.Status413PayloadTooLarge, tooLarge);
                return null;
            case SivaRefusal.Malformed:
                await Refuse(context, StatusCodes.Status400BadRequest, new SivaError("request", "Request is not a JSON object of the expected form"));
                return null;
            default:
                return request;
        }
    }

    private enum SivaRefusal
    {
        None,
        Malformed,
        TooLarge,
        NoRoom,
    }

    private static async Task<(T?, SivaRefusal)> Read<T>(HttpContext context, int cap, UploadBudget.Share share, JsonTypeInfo<T> form) where T : class
    {
        try
        {
            switch (await BytesInMemory.Read(context.Request.Body, cap, share, context.RequestAborted, context.Request.ContentLength + 1))
            {
                case BytesInMemory.NoRoom:
                    return (null, SivaRefusal.NoRoom);
                case BytesInMemory.TooMany:
                    return (null, SivaRefusal.TooLarge);
                // The document is in memory as text of two bytes a character and decoded too.
                case BytesInMemory.All { Bytes: var body } when !share.TryTake(body.Length * 3L):
                    return (null, SivaRefusal.NoRoom);
                case BytesInMemory.All { Bytes: var body }:
                    var request = JsonSerializer.Deserialize(body.Span, form);
                    return (request, request is null ? SivaRefusal.Malformed : SivaRefusal.None);
                default:
                    throw new InvalidOperationException("no such outcome of reading");
            }
        }
        catch (JsonException)
        {
            return (null, SivaRefusal.Malformed);
        }
        catch (BadHttpRequestException problem) when (problem.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (null, SivaRefusal.TooLarge);
        }
    }

    /// <summary>All that is wrong with the request at once, in SiVa's words; a policy that is not known is looked for last.</summary>
    private static List<SivaError> Check(SivaRequest request, out byte[] document, out SivaPolicyName policy, out SivaReportType type)
    {
        var errors = new List<SivaError>();
        document = CheckDocument(request.Document, request.Filename, errors);
        if (request.DocumentType is { ValueKind: not JsonValueKind.Null })
            errors.Add(new SivaError("documentType", "documentType is not a valid request parameter"));
        (policy, type) = CheckOptions(request.SignaturePolicy, request.ReportType, errors);
        return errors;
    }

    internal static byte[] CheckDocument(string? base64, string? filename, List<SivaError> errors)
    {
        byte[] document = [];
        if (string.IsNullOrWhiteSpace(base64))
            errors.Add(new SivaError("document", "must not be blank"));
        if (string.IsNullOrWhiteSpace(base64) || !TryDecode(base64, out document))
            errors.Add(new SivaError("document", "Document is not encoded in a valid base64 string"));
        CheckName("filename", filename, errors);
        return document;
    }

    internal static void CheckName(string key, string? name, List<SivaError> errors)
    {
        if (string.IsNullOrEmpty(name))
            errors.Add(new SivaError(key, "must not be empty"));
        if (name is { Length: 0 or > LongestFileName })
            errors.Add(new SivaError(key, $"size must be between 1 and {LongestFileName}"));
        else if (name is null || string.IsNullOrWhiteSpace(name) || name.Any(c => char.IsControl(c) || c is '/' or '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|'))
            errors.Add(new SivaError(key, "Invalid filename"));
    }

    internal static (SivaPolicyName Policy, SivaReportType Type) CheckOptions(string? signaturePolicy, string? reportType, List<SivaError> errors)
    {
        var (policy, type) = (SivaPolicyName.POLv4, SivaReportType.Simple);
        if (signaturePolicy is { Length: 0 or > LongestPolicyName })
            errors.Add(new SivaError("signaturePolicy", $"size must be between 1 and {LongestPolicyName}"));
        else if (signaturePolicy is not null && !PolicyNames().IsMatch(signaturePolicy))
            errors.Add(new SivaError("signaturePolicy", "Invalid signature policy"));
        if (reportType is not null && !TryName(reportType, out type))
            errors.Add(new SivaError("reportType", "Invalid report type"));
        if (errors.Count == 0 && signaturePolicy is not null && !TryName(signaturePolicy, out policy))
            errors.Add(new SivaError("signaturePolicy", $"Invalid signature policy: {signaturePolicy}; Available abstractPolicies: [{string.Join(", ", Enum.GetNames<SivaPolicyName>())}]"));
        return (policy, type);
    }

    [GeneratedRegex("^[A-Za-z0-9_ -]+$", RegexOptions.CultureInvariant)]
    private static partial Regex PolicyNames();

    private static bool TryName<T>(string text, out T value) where T : struct, Enum
    {
        value = default;
        return text.Length > 0 && text.All(char.IsAsciiLetterOrDigit) && !char.IsAsciiDigit(text[0]) && Enum.TryParse(text, ignoreCase: true, out value) && Enum.IsDefined(value);
    }

    /// <summary>As SiVa's library decodes: with or without padding, by either alphabet, and blanks do not count.</summary>
    internal static bool TryDecode(string text, out byte[] bytes)
    {
        bytes = new byte[(text.Length / 4 * 3) + 3];
        if (!Convert.TryFromBase64String(text, bytes, out var written) && !TryDecodeLeniently(text, bytes, out written))
        {
            bytes = [];
            return false;
        }
        Array.Resize(ref bytes, written);
        return true;
    }

    private static bool TryDecodeLeniently(string text, byte[] bytes, out int written)
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        var (bits, held, ended) = (0, 0, false);
        written = 0;
        foreach (var character in text)
        {
            if (character is ' ' or '\t' or '\r' or '\n')
                continue;
            ended |= character == '=';
            var digit = Alphabet.IndexOf(character switch { '-' => '+', '_' => '/', _ => character }, StringComparison.Ordinal);
            if (digit < 0 && character != '=')
                return false;
            if (ended)
                continue;
            (bits, held) = (((bits << 6) | digit) & 0x3FFF, held + 6);
            if (held < 8)
                continue;
            held -= 8;
            bytes[written++] = (byte)(bits >> held);
        }
        return true;
    }

    private static SivaError TooLarge(VerificationSettings settings) =>
        new("document", string.Create(CultureInfo.InvariantCulture, $"Document has more than {settings.MaxFileBytes} bytes"));

    private static Task Busy(HttpContext context)
    {
        context.Response.Headers.RetryAfter = ValidationEndpoint.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        return Refuse(context, StatusCodes.Status503ServiceUnavailable, new SivaError("request", "Too many documents are being validated"));
    }

    internal static async Task Refuse(HttpContext context, int status, params IReadOnlyList<SivaError> errors)
    {
        context.Response.StatusCode = status;
        if (status == StatusCodes.Status413PayloadTooLarge)
            context.Response.Headers.Connection = "close";
        await context.Response.WriteAsJsonAsync(new SivaErrors(errors), SivaJson.Default.SivaErrors, cancellationToken: context.RequestAborted);
    }
}

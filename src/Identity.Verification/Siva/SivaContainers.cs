using Identity.Verification.Validations;

namespace Identity.Verification.Siva;

/// <summary>
/// `POST /validateHashcode` and `POST /getDataFiles` of SiVa 3: about XAdES signatures apart from their files, and about files in DDOC containers.
/// Neither is read here, so a request of the right form gets the refusal that SiVa gives for a document of another kind.
/// </summary>
public static class SivaContainers
{
    /// <summary>Signatures of one request.</summary>
    public const int MostSignatures = 100;

    /// <summary>Files that one signature names.</summary>
    public const int MostDataFiles = 1000;

    /// <summary>
    /// Bytes of a request about hash codes: some dozen signatures of usual size. Read, a list of empty records is twenty times as large, and the
    /// answer is a refusal anyway.
    /// </summary>
    public const int LargestHashcodeRequest = 256 * 1024;

    /// <summary>Errors of one answer; further ones are not looked for.</summary>
    public const int MostErrors = 50;

    private static readonly SivaError TooLarge = new("request", FormattableString.Invariant($"Request has more than {LargestHashcodeRequest} bytes"));

    private const int LongestHash = 1000;

    private static readonly HashSet<string> HashAlgorithms = new(StringComparer.OrdinalIgnoreCase) { "SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "RIPEMD160" };

    public static async Task Hashcode(HttpContext context, UploadBudget budget)
    {
        using var share = budget.Open();
        if (await SivaEndpoint.ReadOrRefuse(context, LargestHashcodeRequest, TooLarge, share, SivaJson.Default.SivaHashcodeRequest) is not { } request)
            return;
        var errors = new List<SivaError>();
        SivaEndpoint.CheckOptions(request.SignaturePolicy, request.ReportType, errors);
        if (request.SignatureFiles is null)
            errors.Add(new SivaError("signatureFiles", "must not be null"));
        else if (request.SignatureFiles.Count == 0)
            errors.Add(new SivaError("signatureFiles", "must not be empty"));
        else if (request.SignatureFiles.Count > MostSignatures)
            errors.Add(new SivaError("signatureFiles", $"size must be between 1 and {MostSignatures}"));
        else
            Check(request.SignatureFiles, errors);
        if (errors.Count == 0)
            errors.Add(new SivaError("signatureFiles.signature", "Signature file malformed"));
        // The last one that was looked at may have brought several.
        await SivaEndpoint.Refuse(context, StatusCodes.Status400BadRequest, [.. errors.Take(MostErrors)]);
    }

    public static async Task DataFiles(HttpContext context, VerificationSettings settings, UploadBudget budget)
    {
        using var share = budget.Open();
        if (await SivaEndpoint.ReadOrRefuse(context, settings, share, SivaJson.Default.SivaDataFilesRequest) is not { } request)
            return;
        var errors = new List<SivaError>();
        SivaEndpoint.CheckDocument(request.Document, request.Filename, errors);
        if (errors.Count == 0)
        {
            errors.Add(request.Filename!.EndsWith(".ddoc", StringComparison.OrdinalIgnoreCase)
                ? new SivaError("document", "Document malformed or not matching documentType")
                : new SivaError("filename", "Invalid filename. Can only return data files for DDOC type containers."));
        }
        await SivaEndpoint.Refuse(context, StatusCodes.Status400BadRequest, errors);
    }

    private static void Check(IReadOnlyList<SivaSignatureFile?> files, List<SivaError> errors)
    {
        for (var i = 0; i < files.Count && errors.Count < MostErrors; i++)
        {
            var key = FormattableString.Invariant($"signatureFiles[{i}]");
            if (string.IsNullOrWhiteSpace(files[i]?.Signature))
                errors.Add(new SivaError(key + ".signature", "must not be blank"));
            else if (!SivaEndpoint.TryDecode(files[i]!.Signature!, out _))
                errors.Add(new SivaError(key + ".signature", "Signature file is not valid base64 encoded string"));
            if (files[i]?.Datafiles is not { } data)
                continue;
            if (data.Count is 0 or > MostDataFiles)
                errors.Add(new SivaError(key + ".datafiles", "Invalid dataFiles list"));
            for (var j = 0; j < Math.Min(data.Count, MostDataFiles) && errors.Count < MostErrors; j++)
                Check(FormattableString.Invariant($"{key}.datafiles[{j}]"), data[j], errors);
        }
    }

    private static void Check(string key, SivaDataFile? file, List<SivaError> errors)
    {
        SivaEndpoint.CheckName(key + ".filename", file?.Filename, errors);
        if (file?.HashAlgo is not { } algorithm || !HashAlgorithms.Contains(algorithm))
            errors.Add(new SivaError(key + ".hashAlgo", "Invalid hash algorithm"));
        if (string.IsNullOrWhiteSpace(file?.Hash))
            errors.Add(new SivaError(key + ".hash", "must not be blank"));
        else if (file.Hash.Length > LongestHash)
            errors.Add(new SivaError(key + ".hash", $"size must be between 1 and {LongestHash}"));
        else if (!SivaEndpoint.TryDecode(file.Hash, out _))
            errors.Add(new SivaError(key + ".hash", "Document is not encoded in a valid base64 string"));
    }
}

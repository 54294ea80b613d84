namespace Identity.Signing.Requests;

/// <summary>`deed.pdf` becomes `deed-signed.pdf`.</summary>
internal static class SignedName
{
    public static string Of(string fileName) =>
        (fileName.EndsWith(".pdf", StringComparison.OrdinalIgnoreCase) ? fileName[..^4] : fileName) + "-signed.pdf";
}

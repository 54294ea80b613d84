using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>The documents that the key was made for are named, in the form that verifiers read.</summary>
internal static class ApprovedDocumentsLint
{
    public static string? Check(Certificate certificate, LintContext context) =>
        context.Profile.ApprovedDocumentsExtension is { } oid && certificate.Extensions.FirstOrDefault(e => e.Oid == oid) is { } extension && ApprovedDocuments.Read(extension.Value) is null
            ? "not 1 to 100 digests"
            : null;
}

using Identity.Pkix.Asn1;
using Identity.Pkix.X509;

namespace Identity.Authority.Issuance.Lint;

/// <summary>
/// EN 319 412-5 4 and EN 319 412-1 5.1: exactly the statements of the profile; who claims to be qualified says of what type and where its terms are
/// read, in English too (4.2.3, 4.3.4); no device without that claim; semantics of the identifier that the subject has.
/// </summary>
internal static class QualifiedStatementsLint
{
    public static string? Check(Certificate certificate, LintContext context)
    {
        // That it is there when it must be is the rule of all extensions.
        if (certificate.Extensions.FirstOrDefault(e => e.Oid == Oids.QualifiedStatements) is not { } extension) return null;
        QualifiedStatements statements;
        try
        {
            statements = QualifiedStatements.Read(extension.Value);
        }
        catch (MalformedException)
        {
            return "cannot be read";
        }
        if (statements.Compliance && (statements.Types.Count == 0 || !statements.Disclosures.Any(d => d.Language == "en"))) return "qualified without type or disclosure statement in English";
        if (statements.Device && !statements.Compliance) return "a device and not qualified";
        if (statements.Semantics is { } semantics && semantics != SemanticsOf(context.Kind)) return "semantics of another kind of subject";
        return context.Profile.Statements.ToExtension().Value.Span.SequenceEqual(extension.Value.Span) ? null : "not those of the profile";
    }

    private static string? SemanticsOf(CertificateKind kind) => kind switch
    {
        CertificateKind.Person => Oids.SemanticsNatural,
        CertificateKind.Seal => Oids.SemanticsLegal,
        _ => null,
    };
}

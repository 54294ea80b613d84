using Identity.Pkix.Asn1;
using Identity.Pkix.X509;

namespace Identity.Verification.Reports;

/// <summary>Whether a certificate is a natural person's (its signatures are signatures) or a legal person's (they are electronic seals).</summary>
public static class SignerKind
{
    public const string Person = "person";
    public const string Organisation = "organisation";

    /// <summary>Null when the certificate does not say, or says both.</summary>
    public static string? Of(Certificate certificate)
    {
        // EN 319 412-5 4.2.3: the type that a qualified certificate states.
        var types = Types(certificate);
        var (signature, seal) = (types.Contains(Oids.QualifiedTypeSignature), types.Contains(Oids.QualifiedTypeSeal));
        if (signature != seal)
            return seal ? Organisation : Person;
        // EN 319 412-2 4.2.4: a natural person has given name and surname, or a pseudonym. EN 319 412-3 4.2.1: a legal person an organisation's identifier.
        var subject = certificate.Subject;
        var person = subject[Oids.GivenName] is not null || subject[Oids.Surname] is not null;
        var organisation = subject[Oids.Organization] is not null && subject[Oids.OrganizationIdentifier] is not null;
        return person == organisation ? null : person ? Person : Organisation;
    }

    private static IReadOnlyList<string> Types(Certificate certificate)
    {
        try
        {
            return certificate.Extensions.FirstOrDefault(extension => extension.Oid == Oids.QualifiedStatements) is { } extension ? QualifiedStatements.Read(extension.Value).Types : [];
        }
        catch (MalformedException)
        {
            return [];
        }
    }
}

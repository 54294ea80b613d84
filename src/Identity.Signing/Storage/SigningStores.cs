using System.Data.Common;
using Identity.Audit;
using Identity.Keys;
using Identity.Signing.SignIn;
using Microsoft.EntityFrameworkCore;

namespace Identity.Signing.Storage;

/// <summary>What Signing cannot do without: database, documents, audit log, the keys' token, the Provider. Gone, nobody guesses at what they would have said.</summary>
internal static class SigningStores
{
    public static string? StoreOf(Exception one) => one switch
    {
        DbException or DbUpdateException => "database",
        AuditUnavailableException => "audit log",
        KeyUnavailableException => "keys",
        ProviderUnavailableException => "provider",
        DirectoryNotFoundException or UnauthorizedAccessException => "documents",
        _ => null,
    };
}

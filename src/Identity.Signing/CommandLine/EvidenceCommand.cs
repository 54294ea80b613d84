using System.Data.Common;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Identity.Audit;
using Identity.Signing.Approvals;
using Identity.Signing.Evidence;
using Identity.Signing.Storage;
using Identity.Web;
using Identity.Web.CommandLine;
using Microsoft.EntityFrameworkCore;

namespace Identity.Signing.CommandLine;

/// <summary>`evidence check`: anybody judges an evidence file, without a network. `evidence export`: the operator takes one out of the database.</summary>
public static class EvidenceCommand
{
    public const int Holds = 0;
    public const int DoesNotHold = 1;
    public const int WrongUsage = CommandArguments.WrongUsage;
    public const string Usage =
        "Identity.Signing evidence check FILE [--document PDF]... [--provider-keys JWKS] [--trust DIR]... [--json]\n"
        + "       Identity.Signing evidence export APPROVAL -o OUT [--data DIR] [SETTING]...";

    private const string Proves =
        "Proves: whoever controls the passkey, having shown it a fingerprint or PIN, approved exactly these documents, for this requester and purpose, once.";

    private const string ProvesHashes =
        "Proves: whoever controls the passkey, having shown it a fingerprint or PIN, approved that the key of this certificate signs exactly these hashes, for this requester and purpose, once.\n"
        + "What they are hashes of, the program alone has seen.";

    private const string DoesNotProve =
        "Not proven either: lines that begin with \"says\", which the service alone states.\n" +
        "Does not prove: that the passkey was this person's (the Provider's statement says so), that the page showed what it should, or what was in the documents' text.\n"
        + "Check the signed PDF itself with Identity.Verification.";

    /// <summary>White space behind an end-of-file marker that may belong to the document as it was approved.</summary>
    private const int MostWhiteSpace = 1024;
    private const int MostBeginnings = 10_000;

    private static readonly JsonSerializerOptions Lines = new(JsonSerializerDefaults.Web);

    public static async Task<int> Run(string[] arguments, TextWriter output, TextWriter complaints, TimeProvider time)
    {
        var wrong = "";
        try
        {
            switch (arguments)
            {
                case ["check", .. var rest] when CheckArguments.Parse(rest, out wrong) is { } asked:
                    return await Check(asked, output, complaints);
                case ["export", .. var rest] when CommandArguments.Parse<SigningOptions>(rest, ["out"], [], out wrong) is { Words: [var approval], Json: false } asked && asked.Option("out") is { } path:
                    return await Export(approval, path, asked.Settings, complaints, time);
                default:
                    return await CommandArguments.Refuse(complaints, wrong, Usage);
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or CryptographicException or SettingRefusedException or AuditUnavailableException or DbException)
        {
            return await Complain(complaints, SafeText.ForDisplay(problem.Message, 500));
        }
    }

    private static async Task<int> Check(CheckArguments asked, TextWriter output, TextWriter complaints)
    {
        List<byte[]> anchors = [.. asked.Trust.SelectMany(Directory.EnumerateFiles).Where(IsCertificate).Select(Anchor)];
        // Without any, the file's own chain would be asked whether it trusts itself.
        if (asked.Trust.Count > 0 && anchors.Count == 0)
            return await Complain(complaints, NoAnchor);
        var comparison = new EvidenceComparison(
            asked.ProviderKeys is null ? null : await File.ReadAllTextAsync(asked.ProviderKeys),
            anchors,
            [.. asked.Documents.Select(Compared)]);
        var findings = CheckEvidence.Run(await File.ReadAllBytesAsync(asked.File), comparison);
        var holds = findings.All(finding => finding.Holds);
        if (asked.Json)
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(new { file = asked.File, holds, findings }, Lines));
            return holds ? Holds : DoesNotHold;
        }

        foreach (var finding in findings)
            await output.WriteLineAsync($"{(!finding.IsProven ? "says " : finding.Holds ? "holds" : "FAILS")}  {finding.Check,-11}  {SafeText.ForDisplay(finding.Detail, 1000)}");
        var proves = findings.Any(finding => finding.Check == "signatures") ? ProvesHashes : Proves;
        await output.WriteLineAsync(holds ? proves + "\n" + DoesNotProve : "This file proves nothing.");
        return holds ? Holds : DoesNotHold;
    }

    private static async Task<int> Export(string approval, string path, IReadOnlyList<string> given, TextWriter complaints, TimeProvider time)
    {
        var settings = RaisingTools.Read(given);
        if (!File.Exists(settings.DatabaseFile))
            throw new FileNotFoundException($"There is no database {settings.DatabaseFile}: name the service's folder (--Signing:DataDirectory=DIR), or the development host's (--data DIR).");
        var databases = new DatabaseOf(settings);
        if (!Requests.RequestId.IsOne(approval))
            return await Complain(complaints, NoApproval, DoesNotHold);
        var found = await new ApprovalRecords(databases, settings, time).Find(approval, CancellationToken.None);
        var ofProgram = found is null ? await OfProgram(databases, approval) : null;
        if (found is null && ofProgram is null)
            return await Complain(complaints, NoApproval, DoesNotHold);
        if ((found is null ? ofProgram : EvidenceFile.Of(found, time.GetUtcNow())) is not { } file)
            return await Complain(complaints, "This approval was not accepted: there is no evidence of one.", DoesNotHold);
        // A log of its own: the service may be writing to its.
        using (var audit = AuditLog.Open(Path.Combine(Path.GetDirectoryName(settings.AuditFile)!, $"{settings.Instance}.evidence.jsonl"), "signing", time))
            audit.Append(new EvidenceDelivered(found?.Documents[0].Request.Id ?? "csc", approval, "operator"));
        await using var written = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        await written.WriteAsync(file.ToBytes());
        return Holds;
    }

    private const string NoApproval = "There is no such approval.";

    /// <summary>Of what a program had signed by the CSC API; null when there is none that was accepted.</summary>
    private static async Task<EvidenceFile?> OfProgram(DatabaseOf databases, string approval)
    {
        await using var database = databases.CreateDbContext();
        return await database.CredentialApprovals.AsNoTracking().SingleOrDefaultAsync(stored => stored.ApprovalId == approval) is { } stored
            ? EvidenceFile.Of(stored, await database.RemoteCredentials.AsNoTracking().SingleOrDefaultAsync(credential => credential.CredentialId == stored.CredentialId))
            : null;
    }

    private static ComparedDocument Compared(string path)
    {
        var file = File.ReadAllBytes(path);
        return new(Path.GetFileName(path), System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(file)), Candidates(file));
    }

    /// <summary>SHA-256, base64url, of the file, and of each beginning that ends with an end-of-file marker and white space: what a signature was put behind.</summary>
    private static HashSet<string> Candidates(byte[] file)
    {
        var candidates = new HashSet<string> { System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(file)) };
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        var (done, from) = (0, 0);
        for (var beginnings = 0; beginnings < MostBeginnings && file.AsSpan(from).IndexOf("%%EOF"u8) is >= 0 and var at; beginnings++)
        {
            from += at + 5;
            var until = from;
            while (until < file.Length && until - from < MostWhiteSpace && file[until] is 0 or 9 or 10 or 12 or 13 or 32)
                until++;
            for (var end = from; end <= until && end < file.Length; end++)
            {
                hash.AppendData(file.AsSpan(done, end - done));
                done = end;
                hash.GetCurrentHash(digest);
                candidates.Add(System.Buffers.Text.Base64Url.EncodeToString(digest));
            }
        }

        return candidates;
    }

    private const string NoAnchor = "No certificate to trust is in the folders of --trust (*.pem, *.cer, *.crt, *.der).";

    private static bool IsCertificate(string file) => Path.GetExtension(file).ToLowerInvariant() is ".pem" or ".cer" or ".crt" or ".der";

    private static byte[] Anchor(string file)
    {
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(file);
        return certificate.RawData;
    }

    private static async Task<int> Complain(TextWriter complaints, string text, int code = WrongUsage)
    {
        await complaints.WriteLineAsync(text);
        return code;
    }

    private sealed record CheckArguments(string File, IReadOnlyList<string> Documents, string? ProviderKeys, IReadOnlyList<string> Trust, bool Json)
    {
        public static CheckArguments? Parse(string[] arguments, out string problem)
        {
            if (CommandArguments.Parse<SigningOptions>(arguments, ["document", "provider-keys", "trust"], [], out problem) is not { Words: [var file] } given)
                return null;
            IReadOnlyList<string> All(string name) => [.. given.Options.Where(option => option.Name == name).Select(option => option.Value)];
            return new CheckArguments(file, All("document"), given.Option("provider-keys"), All("trust"), given.Json);
        }
    }

    private sealed class DatabaseOf(SigningSettings settings) : IDbContextFactory<SigningDatabase>
    {
        public SigningDatabase CreateDbContext() =>
            new(new DbContextOptionsBuilder<SigningDatabase>().UseSqlite($"Data Source={settings.DatabaseFile};Mode=ReadOnly").Options);
    }
}

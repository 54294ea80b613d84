using System.Data.Common;
using System.Diagnostics;
using System.Security.Cryptography;
using Identity.Authority.Issuance;
using Identity.Authority.Issuers;
using Identity.Authority.Ocsp;
using Identity.Keys.Activation;
using Identity.Pkix.Ocsp;
using Identity.Pkix.Signatures;
using Identity.Pkix.X509;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Authority.Tests.Storage;

/// <summary>Issuing a certificate and answering for one ask the same questions of a database of a hundred thousand as of an empty one, each by an index.</summary>
public sealed class IssuanceGrowthTests(AuthoritySystem system) : IClassFixture<AuthoritySystem>
{
    private const int Many = 100_000;
    private static readonly string[] Commands = ["SELECT", "INSERT", "UPDATE", "DELETE"];

    [Fact]
    public async Task A_certificate_after_a_hundred_thousand_takes_as_many_questions_as_the_first_and_scans_nothing()
    {
        var few = await Asked();
        await Grow();
        var many = await Asked();

        // The intended certificate and the issued one; the status.
        Assert.Equal(["INSERT", "UPDATE", "SELECT"], few.Select(Verb));
        Assert.Equal(few.Select(one => one.Text), many.Select(one => one.Text));
        foreach (var one in many.Where(one => Verb(one) != "INSERT"))
        {
            var plan = await Plan(one);
            Assert.Contains(plan, step => step.StartsWith("SEARCH", StringComparison.Ordinal));
            Assert.All(plan, step => Assert.Matches("^SEARCH .* USING (COVERING )?INDEX .*=", step));
        }
    }

    [Fact]
    public async Task An_approval_that_was_used_is_found_by_an_index()
    {
        await Grow();
        var approval = NewId();
        await Issue(approval);
        using var asked = (await AskedOf.Listen(system.DatabaseFile)).Begin();
        Assert.IsType<IssuanceResult.ApprovalUsed>(await Issue(approval));

        var question = Assert.Single(asked.Questions, one => Verb(one) == "SELECT");
        Assert.Contains(await Plan(question), step => step.Contains("USING COVERING INDEX IX_Certificates_ApprovalId (ApprovalId=?)", StringComparison.Ordinal));
    }

    private async Task<IReadOnlyList<Question>> Asked()
    {
        using var asked = (await AskedOf.Listen(system.DatabaseFile)).Begin();
        var issued = Assert.IsType<IssuanceResult.Issued>(await Issue(NewId())).Certificate.Certificate;
        var (answers, keys) = (system.Services.GetRequiredService<OcspAnswers>(), system.Services.GetRequiredService<AuthorityKeys>());
        var request = new OcspRequest([CertificateId.For(keys.Issuing.Certificate, issued.SerialNumber)], RandomNumberGenerator.GetBytes(16));
        var answer = await answers.Answer(request, answers.IssuerOf(request)!, TestContext.Current.CancellationToken);
        Assert.IsType<CertificateStatus.Good>(Assert.Single(OcspResponse.Parse(answer.Der).Basic!.Responses).Status);
        return asked.Questions;
    }

    private Task<IssuanceResult> Issue(string approval)
    {
        var (keys, profile) = (system.Services.GetRequiredService<AuthorityKeys>(), system.Services.GetRequiredService<PersonProfile>());
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var content = profile.Content(new ApprovedPerson("PNOXX-48504210018", "Liis", "Tamm"), [RandomNumberGenerator.GetBytes(32)],
            SubjectPublicKey.Parse(key.ExportSubjectPublicKeyInfo()), keys.Issuing.Certificate, system.Time.GetUtcNow());
        return system.Services.GetRequiredService<IssuanceCycle>().Issue(profile.Profile, content, keys.Issuing, approval, TestContext.Current.CancellationToken);
    }

    // Copies of one that was issued, each with a serial number, an approval and a key of its own; every tenth revoked.
    private async Task Grow()
    {
        await Issue(NewId());
        await using var connection = new SqliteConnection($"Data Source={system.DatabaseFile}");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $many), one AS (SELECT * FROM Certificates WHERE ApprovalId IS NOT NULL LIMIT 1)
            INSERT INTO Certificates (Issuer, Serial, ApprovalId, KeyHash, Profile, Shard, State, Intended, Der, NotAfter, CreatedAt)
            SELECT Issuer, upper(hex(randomblob(16))), hex(randomblob(16)), hex(randomblob(32)), Profile, Shard, State, zeroblob(500), zeroblob(600), NotAfter, CreatedAt FROM one, n;
            INSERT OR IGNORE INTO Revocations (Issuer, Serial, RevokedAt, Reason) SELECT Issuer, Serial, CreatedAt, 4 FROM Certificates WHERE Serial LIKE 'A%' AND length(Der) = 600;
            ANALYZE;
            """;
        command.Parameters.AddWithValue("$many", Many);
        Assert.InRange(await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken), Many, 2 * Many);
    }

    private async Task<IReadOnlyList<string>> Plan(Question question)
    {
        await using var connection = new SqliteConnection($"Data Source={system.DatabaseFile}");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "EXPLAIN QUERY PLAN " + question.Text;
        foreach (var (name, value) in question.Parameters)
            command.Parameters.AddWithValue(name, value);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var steps = new List<string>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            steps.Add(reader.GetString(3));
        return steps;
    }

    private static string NewId() => Convert.ToHexString(RandomNumberGenerator.GetBytes(16));

    private static string Verb(Question question) => Commands.First(verb => question.Text.TrimStart().StartsWith(verb, StringComparison.OrdinalIgnoreCase));

    private sealed record Question(string Text, IReadOnlyList<(string Name, object? Value)> Parameters);

    /// <summary>What this test, not what runs beside it, asks of the database: commands follow the test from call to call.</summary>
    private sealed class AskedOf : IDisposable, IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
    {
        private static readonly AsyncLocal<AskedOf?> Current = new();
        private readonly string file;
        private readonly List<Question> questions = [];
        private readonly List<IDisposable> subscriptions = [];

        private AskedOf(string file)
        {
            this.file = file;
            subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));
        }

        /// <summary>From when the framework has noticed that somebody listens: it keeps for a second that nobody does.</summary>
        public static async Task<AskedOf> Listen(string file)
        {
            var asked = new AskedOf(file);
            await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
            return asked;
        }

        public AskedOf Begin() => Current.Value = this;

        public IReadOnlyList<Question> Questions => questions;

        public void Dispose()
        {
            Current.Value = null;
            foreach (var subscription in subscriptions)
                subscription.Dispose();
        }

        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == DbLoggerCategory)
                subscriptions.Add(value.Subscribe(this));
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value.Key != RelationalEventId.CommandExecuting.Name || value.Value is not CommandEventData { Command: var command } || Current.Value != this || command.Connection?.DataSource != file)
                return;
            questions.Add(new Question(command.CommandText, [.. command.Parameters.Cast<DbParameter>().Select(one => (one.ParameterName, one.Value))]));
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }

        private const string DbLoggerCategory = "Microsoft.EntityFrameworkCore";
    }
}

using Identity.Pdf.Signatures;
using Identity.Pdf.Structure;
using Identity.Pdf.Syntax;
using Identity.Verification.Changes;
using Identity.Verification.Engine.Processes;
using Identity.Verification.Evidence;
using Identity.Verification.Policy;
using Identity.Verification.Revocation;
using Identity.Verification.Trust;
using Identity.Verification.TrustedLists;

namespace Identity.Verification.Engine;

/// <summary>What became of one file: judged, or not read and why.</summary>
public abstract record DocumentResult
{
    private DocumentResult() { }

    public sealed record NotRead(PdfRefusal Refusal) : DocumentResult;

    /// <param name="Signatures">Signatures in file order.</param>
    /// <param name="Timestamps">Document time-stamps in file order.</param>
    public sealed record Judged(DiagnosticData Data, IReadOnlyList<SignatureResult> Signatures, IReadOnlyList<DocumentTimestampResult> Timestamps) : DocumentResult;
}

/// <summary>A document time-stamp: its own outcome, and what came after the revision that it covers.</summary>
public sealed record DocumentTimestampResult(SignatureFacts Facts, BlockConclusion Conclusion, TimestampResult? Timestamp, ChangesAfterSignature Changes);

/// <summary>Validates one PDF: EN 319 102-1 in its order, over facts gathered first.</summary>
/// <param name="ControlTime">As of when; the clock when it is null.</param>
public sealed record ValidateDocument(TrustAnchors Anchors, OnlineRevocation Online, ValidationPolicy Policy, PdfLimits Limits, TimeProvider Clock, DateTimeOffset? ControlTime = null)
{
    /// <summary>Revocation data from elsewhere than the file and the network.</summary>
    public IReadOnlyList<SuppliedEvidence> Supplied { get; init; } = [];

    /// <summary>What trusted lists say about providers; the report states it as found.</summary>
    public TrustedServices Services { get; init; } = TrustedServices.None;

    /// <param name="password">Opens the file when it is encrypted; empty for what opens without being asked.</param>
    public async Task<DocumentResult> Run(DocumentBytes file, CancellationToken cancellation, string password = "")
    {
        // 1. One strict interpretation of the file, or none: what two readers could read differently is not judged.
        PdfDocument document;
        switch (Open(file, password))
        {
            case PdfRead.Document read:
                document = read.Value;
                break;
            case PdfRead.Refused refused:
                return new DocumentResult.NotRead(refused.Refusal);
            default:
                throw new InvalidOperationException("a file is read or refused");
        }
        if (ContentDigests.Refuse(document) is { } tooMuch)
            return new DocumentResult.NotRead(tooMuch);
        cancellation.ThrowIfCancellationRequested();

        // 2. Facts: signatures, certificates, revocation data, and every later revision explained.
        var now = Clock.GetUtcNow();
        using var digests = new ContentDigests(document);
        var data = GatherFacts.From(document, Anchors.StatedAt(now).Until(Policy.AnchorsUntil), digests, cancellation);
        foreach (var item in Supplied)
            item.AddTo(data.Revocation);
        var context = new ValidationContext(data, Policy, ControlTime ?? now, now, Online.Begin(data.Revocation), cancellation) { Digests = digests };

        // 3. Document time-stamps, the newest first: each that is valid proves what it covers, older ones among it (5.6.3.4 (4)).
        var timestamps = new List<DocumentTimestampResult>();
        foreach (var facts in data.Signatures.Where(facts => facts.IsDocumentTimestamp).Reverse())
            timestamps.Insert(0, await JudgeTimestamp(facts, context));

        // 4. Each signature: basic validation, then with the times that are proven for it.
        var signatures = new List<SignatureResult>();
        foreach (var facts in data.Signatures.Where(facts => !facts.IsDocumentTimestamp))
            signatures.Add(WithQualification(await JudgeSignature(facts, timestamps, context), context));
        return new DocumentResult.Judged(data, signatures, [.. timestamps.Select(timestamp => timestamp with
        {
            Timestamp = timestamp.Timestamp is { } known ? known with { Qualification = Qualification.Of(known, Services.At(now)) } : null,
        })]);
    }

    // What opens for anybody needs no password, whatever came with it.
    private PdfRead Open(DocumentBytes file, string password)
    {
        var read = PdfDocument.Read(file.OpenedBy(""), Limits);
        return password.Length > 0 && read is PdfRead.Refused { Refusal.Password: PasswordRefusal.Needed }
            ? PdfDocument.Read(file.OpenedBy(password), Limits)
            : read;
    }

    private SignatureResult WithQualification(SignatureResult result, ValidationContext context)
    {
        var services = Services.At(context.Now);
        var conclusion = Services.Lapsed(context.Now).Aggregate(result.Conclusion, (said, territory) => said.With(ValidationMessage.Warning("trusted-list-out-of-date", territory)));
        var found = Qualification.Of(result, services, context.ControlTime);
        return result with
        {
            Conclusion = found is null ? conclusion : conclusion.With(found.Message),
            Qualification = found?.Value,
            Timestamps = [.. result.Timestamps.Select(Qualified)],
            ContentTimestamps = [.. result.ContentTimestamps.Select(Qualified)],
        };

        TimestampResult Qualified(TimestampResult timestamp) => timestamp with { Qualification = Qualification.Of(timestamp, services) };
    }

    private static async Task<SignatureResult> JudgeSignature(SignatureFacts facts, IReadOnlyList<DocumentTimestampResult> documentTimestamps, ValidationContext context)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        var changes = Changes(facts, context);
        var covering = documentTimestamps.Where(timestamp => Covers(timestamp.Facts, facts) && timestamp.Timestamp is not null).Select(timestamp => timestamp.Timestamp!).ToList();
        var (own, content) = (new List<TimestampResult>(), new List<TimestampResult>());
        foreach (var timestamp in facts.SignatureTimestamps)
            own.Add(await Timestamp.Validate(timestamp, facts.Dictionary.Revision, context));
        // A stranger's time-stamp says any time: only what passes settles that nobody need be asked about a later revocation.
        var proven = own.Concat(covering).Where(timestamp => timestamp.Conclusion.HasPassed).Select(timestamp => timestamp.Time).Min();

        var basic = await BasicSignature.Validate(facts, changes, proven, context);
        foreach (var timestamp in facts.ContentTimestamps)
            content.Add(await Timestamp.Validate(timestamp, facts.Dictionary.Revision, context));
        // What the signature covers was there before it: time-stamps over the content, and over revisions before its own.
        var before = documentTimestamps.Where(timestamp => Covers(facts, timestamp.Facts) && timestamp.Timestamp is not null).Select(timestamp => timestamp.Timestamp!);
        return SignatureWithTime.Validate(facts, basic, new KnownTimestamps([.. own, .. covering], content, [.. before]), context);
    }

    private static async Task<DocumentTimestampResult> JudgeTimestamp(SignatureFacts facts, ValidationContext context)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        var changes = Changes(facts, context);
        var format = Blocks.FormatChecking.Check(facts);
        if (!format.HasPassed)
            return new DocumentTimestampResult(facts, format, null, changes);
        var result = await Timestamp.Validate(facts.DocumentTimestamp!, facts.Dictionary.Revision, context);
        // 5.6.2.3: proofs of existence, for what is judged from here on.
        if (result.Conclusion.HasPassed && facts.Dictionary.ByteRange is ByteRangeCheck.Sound { CoveredRevision: { } covered, CoversWholeRevision: true })
            context.Proofs.Add(covered, result.Time!.Value);
        // As for signatures: later changes that nobody permitted are a constraint not met, not a broken digest.
        var conclusion = result.Conclusion.HasPassed && changes.NotPermitted.Count > 0
            ? BlockConclusion.Indeterminate(SubIndication.SigConstraintsFailure, [ValidationMessage.Error("changed-after-signing"), .. changes.NotPermitted])
            : result.Conclusion;
        return new DocumentTimestampResult(facts, conclusion, result, changes);
    }

    private static ChangesAfterSignature Changes(SignatureFacts facts, ValidationContext context) =>
        ChangesAfterSignature.Of(facts.Dictionary, context.Data.Revisions, context.Data.Document.Signatures);

    // EN 319 142-1 5.5: a document time-stamp proves what lies inside its ByteRange.
    private static bool Covers(SignatureFacts timestamp, SignatureFacts signature) =>
        timestamp.Dictionary.ByteRange is ByteRangeCheck.Sound { CoveredRevision: { } outer, CoversWholeRevision: true }
        && signature.Dictionary.Revision < outer;
}

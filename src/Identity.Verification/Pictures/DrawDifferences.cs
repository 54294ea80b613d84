using Identity.Pdf.Encryption;
using Identity.Pdf.Structure;
using Identity.Verification.Engine;

namespace Identity.Verification.Pictures;

/// <summary>Draws what a reader should compare, one document at a time, where the system can do it safely.</summary>
public sealed class DrawDifferences(VerificationSettings settings, ILogger<DrawDifferences> log) : IDisposable
{
    /// <summary>Bytes of all pictures of one answer, which carries them in its page and in its PDF.</summary>
    public const int MostBytes = 6 * 1024 * 1024;

    private readonly SemaphoreSlim turn = new(1, 1);
    private SandboxedPoppler? found;
    private bool isTold;

    /// <summary>Empty where nothing can be drawn, or too many are waiting: a verdict never depends on a picture.</summary>
    public async Task<IReadOnlyList<PageDifference>> Of(DocumentResult result, ReadOnlyMemory<byte> file, CancellationToken cancellation)
    {
        if (!settings.DrawPages || result is not DocumentResult.Judged judged || file.Length > PageDifferences.LargestDocument)
            return [];
        var pages = PageDifferences.Of(judged);
        if (pages.Count == 0 || !await turn.WaitAsync(settings.QueueTime, cancellation))
            return [];
        try
        {
            if ((found ??= await Find(cancellation)) is not { } poppler)
                return [];
            var drawn = new List<PageDifference>();
            var room = MostBytes;
            foreach (var changed in pages.GroupBy(page => page.Revision, page => page.Page))
            {
                var (was, isNow) = (State(judged.Data.Document, file, changed.Key - 1), State(judged.Data.Document, file, changed.Key));
                foreach (var page in changed)
                {
                    var before = was is null ? null : await poppler.Draw(was.Value, page, cancellation);
                    var after = isNow is null ? null : await poppler.Draw(isNow.Value, page, cancellation);
                    room -= (before?.Length ?? 0) + (after?.Length ?? 0);
                    if (room < 0)
                        return drawn;
                    if (before is not null || after is not null)
                        drawn.Add(new PageDifference(changed.Key, page, before, after));
                }
            }
            return drawn;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>What is drawn: the file as it was; where it opens with a password, the same in the clear, for the child would take a password as an argument, and arguments are for everybody on the machine to see.</summary>
    private static ReadOnlyMemory<byte>? State(PdfDocument document, ReadOnlyMemory<byte> file, int revision)
    {
        // Behind the last one: what a viewer makes of bytes that nobody may rely on. We do not decrypt them.
        if (revision > document.Revisions.Count)
            return document.Bytes.Password is { Length: > 0 } ? null : file;
        return document.Bytes.Password is { Length: > 0 } ? PlainCopy.Of(document.AsOf(revision), PageDifferences.LargestDocument) : file[..(int)document.Revisions[revision - 1].End];
    }

    // Asked again for the next document, for a machine that is busy can be too slow to answer; said once. Whoever calls has the turn.
    private async Task<SandboxedPoppler?> Find(CancellationToken cancellation)
    {
        var search = await Sandbox.Find(cancellation);
        var poppler = search is SandboxSearch.Found ready ? await SandboxedPoppler.In(ready.Sandbox, cancellation) : null;
        if (poppler is null && !isTold)
            log.LogWarning("Pages are not drawn, changes are told in words: {Reason}", search is SandboxSearch.None none ? none.Why : "pdftocairo of poppler is missing");
        isTold |= poppler is null;
        return poppler;
    }

    public void Dispose() => turn.Dispose();
}

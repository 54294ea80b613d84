using System.Net;
using System.Security.Cryptography;
using System.Text;
using Identity.Web.Outgoing;

namespace Identity.Verification.TrustedLists;

/// <summary>
/// Fetches trusted lists from the operator's addresses, and from no other, into the folder, and reads the folder again, so that a service that
/// runs for months follows them (TS 119 615 4.2.4). A list that is not signed by whom it must be, or is older than the one that is here, is
/// refused for itself and the one before it stays; nothing that is refused reaches the folder.
/// </summary>
public sealed partial class RefreshTrustedLists(VerificationSettings settings, TrustInForce trust, GuardedHttp http, TimeProvider clock, ILogger<RefreshTrustedLists> log) : BackgroundService
{
    /// <summary>For one list.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (settings.TrustedLists is { Sources.Count: > 0 } lists)
        {
            // First what is here already: a list that comes may not be older, and may not come at all.
            Reread(lists, []);
            await Refresh(lists, cancellationToken);
            if (trust.Now.Services.Lists.Count == 0)
                throw new VerificationSettingException("TrustedListSources", "gave no lists that can be relied on, and none are in TrustedListDirectory; the log says why");
            if (settings.Production && trust.Now.Anchors.Certificates.Count == 0)
                throw new VerificationSettingException("TrustDirectories", "is empty, and no trusted list names an anchor: Production would trust nobody");
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (settings.TrustedLists is not { } lists)
            return;
        using var timer = new PeriodicTimer(lists.Every, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await Refresh(lists, stoppingToken);
    }

    internal async Task Refresh(TrustedListSettings lists, CancellationToken cancellation)
    {
        var fetched = new List<Fetched>();
        foreach (var source in lists.Sources)
        {
            if (await Fetch(lists, source, cancellation) is { } file)
                fetched.Add(file);
        }

        Reread(lists, fetched);
    }

    private async Task<Fetched?> Fetch(TrustedListSettings lists, Uri source, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, source);
        switch (await http.Send(request, Patience, TrustedListReader.LargestFile, cancellation))
        {
            case OutgoingOutcome.Answered { Status: HttpStatusCode.OK } answer:
                // One name for one address, whatever the address is.
                var file = Path.Combine(lists.Folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(source.AbsoluteUri)).AsSpan(0, 16)) + ".xml");
                try
                {
                    await File.WriteAllBytesAsync(file + ".new", answer.Body, cancellation);
                    return new Fetched(file, file + ".new");
                }
                catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
                {
                    NotWritten(problem, file);
                    return null;
                }

            case OutgoingOutcome.Answered answer:
                NotFetched(source, $"status {(int)answer.Status}");
                return null;
            case OutgoingOutcome.Failed failed:
                NotFetched(source, failed.Reason);
                return null;
            default:
                throw new InvalidOperationException("An outcome that is none.");
        }
    }

    private void Reread(TrustedListSettings lists, List<Fetched> fetched)
    {
        try
        {
            var taken = Judge(lists, fetched);
            foreach (var list in fetched)
            {
                if (taken.Contains(list.New))
                    File.Move(list.New, list.File, overwrite: true);
                else
                    File.Delete(list.New);
            }
        }
        catch (TrustedListException problem)
        {
            // What was in force stays; each validation asks whether it is still stated.
            NothingTaken(problem);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            NotWritten(problem, lists.Folder);
        }
    }

    /// <summary>Puts what holds together into force, and says which files that are.</summary>
    private HashSet<string> Judge(TrustedListSettings lists, List<Fetched> fetched)
    {
        var newer = fetched.ToDictionary(list => list.File, list => list.New);
        var files = TrustedServices.Files(lists.Folder).Union(newer.Keys).ToDictionary(file => newer.GetValueOrDefault(file, file), file => file);
        while (files.Count > 0)
        {
            try
            {
                var services = TrustedServices.FromFiles(lists.Folder, [.. files.Keys], lists.Signers, now: null);
                if (services.Lists.FirstOrDefault(IsOlder) is { } older)
                    throw new TrustedListException(older.File, "older than the list that is here");
                trust.Replace(services);
                return [.. files.Keys];
            }
            catch (TrustedListException problem) when (files.Remove(problem.File, out var name))
            {
                // The one before it, unless that is it: a territory that the list of lists no longer points to has no list.
                LeftOut(problem);
                if (problem.File != name && File.Exists(name))
                    files[name] = name;
            }
        }

        throw new TrustedListException(lists.Folder, "no trusted list");
    }

    private bool IsOlder(SourceList list) =>
        trust.Now.Services.Lists.Any(known => (known.IsListOfLists, known.Territory) == (list.IsListOfLists, list.Territory) && known.SequenceNumber > list.SequenceNumber);

    private sealed record Fetched(string File, string New);

    [LoggerMessage(LogLevel.Error, "Trusted list {Source} was not fetched: {Reason}")]
    private partial void NotFetched(Uri source, string reason);

    [LoggerMessage(LogLevel.Error, "A trusted list was not written: {File}")]
    private partial void NotWritten(Exception problem, string file);

    [LoggerMessage(LogLevel.Error, "A trusted list was not taken")]
    private partial void LeftOut(Exception problem);

    [LoggerMessage(LogLevel.Error, "No trusted list was taken; those in force stay")]
    private partial void NothingTaken(Exception problem);
}

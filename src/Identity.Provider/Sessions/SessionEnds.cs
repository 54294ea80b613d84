using Identity.Audit;
using Identity.Provider.Clients;
using Identity.Provider.Logout;
using OpenIddict.Abstractions;

namespace Identity.Provider.Sessions;

/// <summary>Why a session ended, for the audit log.</summary>
public enum SessionEndReason
{
    /// <summary>Its person signed out in its browser.</summary>
    SignedOut,

    /// <summary>An agency of the session sent the person here to sign out.</summary>
    ClientInitiated,

    /// <summary>Its person ended it from another of their sessions.</summary>
    EndedRemotely,

    /// <summary>Somebody else signed in in its browser.</summary>
    Replaced,

    /// <summary>Its person has more sessions than one can have.</summary>
    TooMany,

    /// <summary>Its person was disabled.</summary>
    PersonDisabled,

    /// <summary>Idle or absolute time.</summary>
    Expired,
}

/// <summary>
/// The end of a session: its browser is nobody's, every token of its answers is revoked, and the agencies that it was used for are told. What a crash or an
/// outage leaves undone in between, <see cref="SessionEndsWorker"/> of any instance does; doing it twice does nothing more.
/// </summary>
public sealed class SessionEnds(SessionRegister register, LogoutOutbox outbox, IServiceScopeFactory scopes, AuditLog audit)
{
    /// <summary>Sessions that one person can have at a time.</summary>
    internal const int MostSessions = 50;

    /// <summary>One end is finished within it; after it another instance tries.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>False: it had ended before.</summary>
    public async Task<bool> End(string sid, SessionEndReason why)
    {
        if (await register.Find(sid) is not { } record)
            return false;
        var operation = audit.Begin(new SessionEnd(record.PersonId, sid, NameOf(why)));
        await register.Close(sid, NameOf(why), Patience);
        operation.Complete(AuditOutcome.Succeeded);
        await Finish(sid);
        return true;
    }

    /// <param name="personId">Whose.</param>
    /// <param name="why">The reason of each.</param>
    /// <param name="but">The sid of one that goes on, or null.</param>
    /// <returns>how many were live</returns>
    public async Task<int> EndAllOf(string personId, SessionEndReason why, string? but = null)
    {
        var ended = 0;
        foreach (var sid in await register.SidsOf(personId))
        {
            if (sid != but && await End(sid, why))
                ended++;
        }

        return ended;
    }

    /// <summary>The oldest make room. A person does not have so many; a program that holds a person's passkey might.</summary>
    internal async Task KeepBounded(string personId)
    {
        foreach (var sid in (await register.SidsOf(personId)).Skip(MostSessions))
            await End(sid, SessionEndReason.TooMany);
    }

    /// <summary>A session whose record is gone without anybody having ended it has expired.</summary>
    internal async Task Expire(string sid)
    {
        var known = await register.CompanionsOf(sid);
        if (known.Reason is null)
        {
            var operation = audit.Begin(new SessionEnd(known.PersonId, sid, NameOf(SessionEndReason.Expired)));
            await register.Close(sid, NameOf(SessionEndReason.Expired), Patience);
            operation.Complete(AuditOutcome.Succeeded);
        }

        await Finish(sid);
    }

    /// <summary>Revokes the oldest answers of a live session that got very many.</summary>
    internal async Task Trim(string sid)
    {
        var known = await register.CompanionsOf(sid);
        if (known.Authorizations.Count <= SessionRegister.MostAuthorizations)
            return;
        var oldest = known.Authorizations.Take(known.Authorizations.Count - (SessionRegister.MostAuthorizations / 2)).ToArray();
        await Revoke(oldest);
        await register.Forget(sid, oldest);
    }

    // The session has been closed: from here on everything may be repeated, and is until the register has cleared it away.
    private async Task Finish(string sid)
    {
        if (!await register.Claim(sid, Patience))
            return;
        var known = await register.CompanionsOf(sid);
        await Revoke(known.Authorizations);
        await Tell(sid, known.Clients);
        await register.Clear(sid, known.PersonId);
    }

    // OpenID Connect Back-Channel Logout 2.3, 2.5: every agency of the session that is registered for it.
    private async Task Tell(string sid, IReadOnlyList<SessionClient> clients)
    {
        await using var scope = scopes.CreateAsyncScope();
        var registered = scope.ServiceProvider.GetRequiredService<RegisteredClients>();
        foreach (var client in clients)
        {
            if (await registered.Find(client.ClientId, CancellationToken.None) is { Metadata.BackchannelLogoutUri: not null })
                await outbox.Add(sid, client);
        }
    }

    private async Task Revoke(IReadOnlyList<string> authorizations)
    {
        await using var scope = scopes.CreateAsyncScope();
        var tokens = scope.ServiceProvider.GetRequiredService<IOpenIddictTokenManager>();
        foreach (var id in authorizations)
            await tokens.RevokeByAuthorizationIdAsync(id, CancellationToken.None);
    }

    private static string NameOf(SessionEndReason why) => why switch
    {
        SessionEndReason.SignedOut => "signed_out",
        SessionEndReason.ClientInitiated => "client_initiated",
        SessionEndReason.EndedRemotely => "ended_remotely",
        SessionEndReason.Replaced => "replaced",
        SessionEndReason.TooMany => "too_many",
        SessionEndReason.PersonDisabled => "person_disabled",
        SessionEndReason.Expired => "expired",
        _ => throw new ArgumentOutOfRangeException(nameof(why)),
    };
}

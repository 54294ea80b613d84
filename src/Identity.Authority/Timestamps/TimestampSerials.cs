using System.Numerics;
using Identity.Authority.Storage;
using Microsoft.EntityFrameworkCore;

namespace Identity.Authority.Timestamps;

/// <summary>
/// Serial numbers of time-stamps (RFC 3161 2.4.2: unique per authority, also after a crash). They are taken from the database in blocks, so a number that
/// was given out is never given again, by this process or another; what is left of a block at the end stays unused.
/// </summary>
public sealed class TimestampSerials(IDbContextFactory<AuthorityDatabase> databases) : IDisposable
{
    public const int BlockSize = 1000;
    private const string Name = "timestamps";

    private readonly SemaphoreSlim taking = new(1, 1);
    private long next;
    private long end;

    public async Task<BigInteger> Next(CancellationToken cancellation)
    {
        await taking.WaitAsync(cancellation);
        try
        {
            if (next == end)
            {
                next = await TakeBlock(cancellation);
                end = next + BlockSize;
            }
            return next++;
        }
        finally
        {
            taking.Release();
        }
    }

    public void Dispose() => taking.Dispose();

    // One statement, so atomic in the database.
    private async Task<long> TakeBlock(CancellationToken cancellation)
    {
        await using var database = await databases.CreateDbContextAsync(cancellation);
        var taken = await database.Database.SqlQuery<long>(
            $"""
            INSERT INTO "SerialCounters" ("Name", "Next") VALUES ({Name}, {BlockSize + 1})
            ON CONFLICT ("Name") DO UPDATE SET "Next" = "SerialCounters"."Next" + {BlockSize} RETURNING "Next" AS "Value"
            """).ToListAsync(cancellation);
        return taken[0] - BlockSize;
    }
}

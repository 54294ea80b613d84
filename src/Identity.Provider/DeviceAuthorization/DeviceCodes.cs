using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Identity.Provider.Sessions;
using Identity.Provider.Storage;
using StackExchange.Redis;

namespace Identity.Provider.DeviceAuthorization;

/// <summary>
/// Device authorization requests in Redis (RFC 8628), each one hash to which facts are only ever added: in which session the user code was entered, what the
/// person said, that the device code was used. Each fact is one atomic step on one key with exactly one winner, whoever asks at one time. Beside it stands the
/// user code, which leads to it. A request that Redis lost is one that begins anew: every loss fails closed. Redis gone: <c>StoreUnavailableException</c>.
/// </summary>
internal sealed class DeviceCodes(SealedValues values, RedisStore redis, ProviderSettings settings, TimeProvider time)
{
    /// <summary>RFC 8628 3.2: how long a client waits between two questions; 3.5: and how much longer after each that came too early.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>A client that keeps the interval is not told off because the network was faster this time.</summary>
    private static readonly TimeSpan Leeway = TimeSpan.FromSeconds(1);

    /// <summary>How long it is still told that a code has expired, or a replay is seen to be one.</summary>
    private static readonly TimeSpan Retention = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Stray = TimeSpan.FromMinutes(1);

    private const int CodeBytes = 32;
    private const int CodeCharacters = 43;

    /// <summary>Of 25 milliard user codes, as many would have to be taken in a row.</summary>
    private const int MostTries = 5;

    private const string RequestField = "request";
    private const string SessionField = "session";
    private const string AnswerField = "answer";
    private const string RedeemedField = "redeemed";
    private const string TooFastField = "too-fast";

    /// <summary>A new request: the code that the client keeps, and the one that the person reads.</summary>
    public async Task<(string DeviceCode, string UserCode)> Begin(DeviceRequest request)
    {
        var deviceCode = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(CodeBytes));
        var key = Hash(deviceCode);
        // First what the user code leads to: a crash in between leaves a request that nobody can answer.
        await redis.Run(async database =>
        {
            var transaction = database.CreateTransaction();
            var written = transaction.HashSetAsync(Entry(key), RequestField, values.Seal(key + RequestField, request));
            var kept = transaction.KeyExpireAsync(Entry(key), settings.DeviceCodeLifetime + Retention);
            await transaction.ExecuteAsync();
            return await written & await kept;
        });
        for (var attempt = 0; attempt < MostTries; attempt++)
        {
            var userCode = UserCode.New();
            if (await values.PutOnce(UserCodeKey(userCode), new Leads(key), settings.DeviceCodeLifetime))
                return (deviceCode, userCode);
        }

        throw new InvalidOperationException("Every random user code was taken.");
    }

    /// <summary>Null: there is no such code, or not for long enough to tell.</summary>
    public async Task<DeviceState?> FindByDeviceCode(string deviceCode) => deviceCode.Length == CodeCharacters ? await Read(Hash(deviceCode)) : null;

    /// <summary>Null: there is no such code, it has expired or it was used: nobody learns which.</summary>
    public async Task<DeviceState?> FindByUserCode(string userCode) =>
        await values.Get<Leads>(UserCodeKey(userCode)) is { } found && await Read(found.Key) is { Expired: false, Answer: null } waiting ? waiting : null;

    /// <summary>The request belongs to this session from here on. False: it belongs to another.</summary>
    public async Task<bool> Claim(DeviceState request, string sid) =>
        await AddOnce(request.Key, SessionField, values.Seal(request.Key + SessionField, new Owner(sid))) || (await Read(request.Key))?.SessionId == sid;

    /// <summary>False: it has been answered, or is gone.</summary>
    public Task<bool> Answer(DeviceState request, DeviceAnswer answer) => AddOnce(request.Key, AnswerField, values.Seal(request.Key + AnswerField, answer));

    /// <summary>RFC 6749 4.1.2, for device codes alike: a code is used once. Of any number of callers at one time exactly one sees true.</summary>
    public Task<bool> Redeem(DeviceState request) => AddOnce(request.Key, RedeemedField, "1"u8.ToArray());

    /// <summary>RFC 8628 3.5: whether the client has waited as long as it was told. False: it is to wait longer from now on.</summary>
    public async Task<bool> MayAsk(DeviceState request)
    {
        if (await redis.SetIfAbsent(AskedKey(request.Key), Interval * (request.TooFast + 1) - Leeway))
            return true;
        var times = await redis.Run(async database =>
        {
            var transaction = database.CreateTransaction();
            var counted = transaction.HashIncrementAsync(Entry(request.Key), TooFastField);
            var bounded = transaction.KeyExpireAsync(Entry(request.Key), Stray, ExpireWhen.HasNoExpiry);
            await transaction.ExecuteAsync();
            await bounded;
            return await counted;
        });
        await redis.Extend(AskedKey(request.Key), Interval * (times + 1) - Leeway);
        return false;
    }

    /// <summary>Present while the client must not ask.</summary>
    internal static string AskedKey(string key) => "device-asked:" + key;

    internal static string Hash(string text) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private async Task<DeviceState?> Read(string key)
    {
        var found = (await redis.Run(database => database.HashGetAllAsync(Entry(key), RedisStore.Primary))).ToDictionary(field => field.Name.ToString(), field => field.Value);
        T? Opened<T>(string field) where T : class => found.TryGetValue(field, out var value) ? values.Open<T>(key + field, value) : null;
        if (Opened<DeviceRequest>(RequestField) is not { } request)
            return null;
        return new DeviceState(
            key, request, Opened<Owner>(SessionField)?.SessionId, Opened<DeviceAnswer>(AnswerField), found.ContainsKey(RedeemedField),
            request.Expires <= time.GetUtcNow(), found.TryGetValue(TooFastField, out var times) ? (int)times : 0);
    }

    private Task<bool> AddOnce(string key, string field, byte[] value) => redis.Confirm(async database =>
    {
        var transaction = database.CreateTransaction();
        var known = transaction.HashExistsAsync(Entry(key), RequestField);
        var first = transaction.HashSetAsync(Entry(key), field, value, When.NotExists);
        var bounded = transaction.KeyExpireAsync(Entry(key), Stray, ExpireWhen.HasNoExpiry);
        await transaction.ExecuteAsync();
        await bounded;
        return await known & await first;
    });

    private RedisKey Entry(string key) => redis.Key("device:" + key);

    private static string UserCodeKey(string userCode) => "user-code:" + Hash(userCode);

    private sealed record Leads(string Key);

    private sealed record Owner(string SessionId);
}

using System.Text.Json.Nodes;
using Identity.Signing.Csc;
using Identity.Signing.Documents;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Identity.Signing.Tests.Csc;

/// <summary>Who sends or reads too slowly is waited for no longer, by a clock that goes when the test says so.</summary>
public sealed class TransferPaceTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    [Fact]
    public void A_transfer_has_ten_seconds_and_a_second_for_each_sixteen_kilobytes_and_no_more_than_its_longest()
    {
        var clock = new Clock();
        using var pace = new TransferPace(clock, TimeSpan.FromSeconds(60), CancellationToken.None);
        clock.Go(9);
        pace.Moved(5 * 16 * 1024);
        clock.Go(5);
        Assert.False(pace.IsTooSlow);
        clock.Go(1);
        Assert.True(pace.IsTooSlow && pace.Token.IsCancellationRequested);

        using var fast = new TransferPace(clock, TimeSpan.FromSeconds(60), CancellationToken.None);
        fast.Moved(1024 * 1024 * 1024);
        clock.Go(59);
        Assert.False(fast.IsTooSlow);
        clock.Go(1);
        Assert.True(fast.IsTooSlow);

        using var silent = new TransferPace(clock, TimeSpan.FromSeconds(60), CancellationToken.None);
        clock.Go(10);
        Assert.True(silent.IsTooSlow);
    }

    [Fact]
    public async Task A_body_that_does_not_come_is_refused_and_leaves_nothing()
    {
        var (clock, body) = (new Clock(), new Stuck());
        var context = new DefaultHttpContext { Request = { Body = body, ContentType = "application/json" } };
        var receiving = Calls(clock).Receive(context.Request, 1000, CancellationToken.None);
        await body.Reached.Task;
        clock.Go(10);
        Assert.Equal(CscError.TooSlow, (await Assert.ThrowsAsync<CscRefusedException>(() => receiving)).Error);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(system.Documents, "staging")));
    }

    [Fact]
    public async Task From_who_does_not_read_the_connection_is_taken_and_the_answer_is_removed()
    {
        var (clock, body, connection) = (new Clock(), new Stuck(), new Connection());
        var context = new DefaultHttpContext { Response = { Body = body } };
        context.Features.Set<IHttpRequestLifetimeFeature>(connection);
        var answer = await Calls(clock).Keep(200, new JsonObject { ["DocumentWithSignature"] = new string('x', 1024 * 1024) });
        Assert.Single(Directory.EnumerateFiles(Path.Combine(system.Documents, "staging")));
        var sending = answer.ExecuteAsync(context);
        await body.Reached.Task;
        Assert.False(connection.IsTaken);
        clock.Go(10);
        await sending;
        Assert.True(connection.IsTaken);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(system.Documents, "staging")));
    }

    [Fact]
    public async Task An_upload_that_does_not_come_is_refused_and_leaves_nothing()
    {
        var (clock, body) = (new Clock(), new Stuck());
        var receiving = DocumentUpload.Read(Upload(body), Store(clock), 1000, "slow", _ => Task.FromResult(true));
        await body.Reached.Task;
        clock.Go(10);
        Assert.Equal(UploadRefusal.TooSlow, Assert.IsType<UploadRead.Refused>(await receiving).Reason);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(system.Documents, "staging")));
    }

    [Fact]
    public async Task Who_sends_many_at_once_is_asked_to_come_again_and_nobody_else_is()
    {
        var clock = new Clock();
        var store = Store(clock);
        var stuck = Enumerable.Range(0, DocumentUpload.AtOnceOfOne).Select(_ => new Stuck()).ToList();
        var receiving = stuck.Select(body => DocumentUpload.Read(Upload(body), store, 1000, "many", _ => Task.FromResult(true))).ToList();
        Assert.Equal(UploadRefusal.Busy, Assert.IsType<UploadRead.Refused>(await DocumentUpload.Read(Upload(new Stuck()), store, 1000, "many", _ => Task.FromResult(true))).Reason);
        var other = DocumentUpload.Read(Upload(Stream.Null), store, 1000, "other", _ => Task.FromResult(true));
        Assert.Equal(UploadRefusal.Malformed, Assert.IsType<UploadRead.Refused>(await other).Reason);
        clock.Go(10);
        await Task.WhenAll(receiving);
        // They have their places back.
        Assert.Equal(UploadRefusal.Malformed, Assert.IsType<UploadRead.Refused>(await DocumentUpload.Read(Upload(Stream.Null), store, 1000, "many", _ => Task.FromResult(true))).Reason);
    }

    [Fact]
    public void Places_are_counted_in_all_and_of_one_and_given_back_once()
    {
        var places = new SharedPlaces(3, 2);
        var first = places.Enter("a")!;
        using var second = places.Enter("a");
        Assert.Null(places.Enter("a"));
        Assert.False(places.HasOne("a"));
        using var third = places.Enter("b");
        Assert.Null(places.Enter("c"));
        first.Dispose();
        first.Dispose();
        using var fourth = places.Enter("c");
        Assert.NotNull(fourth);
        Assert.False(places.HasOne("a"));
    }

    private DocumentStore Store(TimeProvider clock) =>
        new(system.App.Services.GetRequiredService<SigningSettings>(), system.App.Services.GetRequiredService<DocumentPasswords>(), clock);

    private static DefaultHttpContext Upload(Stream body) => new() { Request = { Body = body, ContentType = "multipart/form-data; boundary=b" } };

    private DocumentCalls Calls(TimeProvider clock) => new(system.App.Services.GetRequiredService<DocumentStore>(), clock);

    private sealed class Connection : IHttpRequestLifetimeFeature
    {
        public bool IsTaken { get; private set; }

        public CancellationToken RequestAborted { get; set; }

        public void Abort() => IsTaken = true;
    }

    /// <summary>Neither gives nor takes a byte.</summary>
    private sealed class Stuck : MemoryStream
    {
        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Reached.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Reached.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }

    private sealed class Clock : TimeProvider
    {
        private readonly List<Alarm> alarms = [];
        private long now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now;

        public void Go(int seconds)
        {
            now += TimeSpan.FromSeconds(seconds).Ticks;
            alarms.ToList().ForEach(alarm => alarm.Ring());
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var alarm = new Alarm(this, callback, state);
            alarm.Change(dueTime, period);
            alarms.Add(alarm);
            return alarm;
        }

        private sealed class Alarm(Clock clock, TimerCallback callback, object? state) : ITimer
        {
            private long due = long.MaxValue;

            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                due = dueTime < TimeSpan.Zero ? long.MaxValue : clock.now + dueTime.Ticks;
                return true;
            }

            public void Ring()
            {
                if (due > clock.now)
                    return;
                due = long.MaxValue;
                callback(state);
            }

            public void Dispose() => due = long.MaxValue;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}

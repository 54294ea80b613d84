using System.Text;

namespace Identity.Keys.Pkcs11;

/// <summary>
/// A token as a service sees it: a process that is started when first needed and again when it has ended, at growing intervals. After one refusal of
/// the PIN it is not started again: a token locks itself after a few. Safe for several threads.
/// </summary>
internal sealed class TokenClient(TokenSettings settings, TimeProvider time) : IDisposable
{
    /// <summary>A process that lived as long as this was not what the next one's interval is for.</summary>
    private static readonly TimeSpan Healthy = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private TokenProcess? _process;
    private KeyRingException? _pinRefused;
    private long _startedAt;
    private int _ends;
    private bool _disposed;

    public string Name => settings.Name;

    /// <summary>The process that runs; started when there is none.</summary>
    /// <exception cref="KeyUnavailableException">it does not start now</exception>
    /// <exception cref="KeyRingException">it will not start with these settings</exception>
    public TokenProcess Process()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_process is { IsUsable: true })
                return _process;
            if (_pinRefused is not null)
                throw _pinRefused;
            NoteEnd();
            if (_ends > 0 && time.GetElapsedTime(_startedAt) < Interval(_ends))
                throw new KeyUnavailableException($"The process of token '{Name}' has ended and is not started again yet.");
            return _process = Start();
        }
    }

    /// <summary>Asks once; when the answer is that the token has gone and nothing was signed, once more of a process that finds it anew.</summary>
    /// <param name="ask">makes the question for this process</param>
    /// <returns>the answer that is <see cref="TokenAnswer.Done"/></returns>
    /// <exception cref="KeyUnavailableException">any other answer, or none</exception>
    public TokenFrame Ask(Func<TokenProcess, TokenFrame?> ask)
    {
        try
        {
            var answer = ask(Process());
            if (answer is { Kind: TokenAnswer.TokenGone })
                answer = ask(Process());
            return Done(answer);
        }
        catch (KeyRingException problem)
        {
            // At the start of a service a reason not to start; later, one to answer that there is no key.
            throw new KeyUnavailableException(problem.Message);
        }
    }

    public TokenFrame Done(TokenFrame? answer) => answer switch
    {
        null => throw new KeyUnavailableException($"The process of token '{Name}' ended before it answered."),
        { Kind: TokenAnswer.Done } done => done,
        { Kind: TokenAnswer.Refused } refused => throw new KeyRingException(Text(refused)),
        var other => throw new KeyUnavailableException(Text(other.Value)),
    };

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _process?.Dispose();
        }
    }

    internal static string Text(TokenFrame answer) => Encoding.UTF8.GetString(answer.Body);

    // The first restart is at once; then 0.25 s, 0.5 s, ... 10 s from one start to the next.
    private static TimeSpan Interval(int ends) =>
        ends <= 1 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Min(250L << Math.Min(ends - 2, 10), LongestInterval.TotalMilliseconds));

    private void NoteEnd()
    {
        if (_process is null)
            return;
        _ends = time.GetElapsedTime(_startedAt) > Healthy ? 1 : _ends + 1;
        _process.Retire();
        _process = null;
    }

    private TokenProcess Start()
    {
        _startedAt = time.GetTimestamp();
        var (process, hello) = TokenProcess.Start(settings);
        switch (hello)
        {
            case { Kind: TokenAnswer.Done }:
                return process;
            case { Kind: TokenAnswer.PinRefused }:
                throw _pinRefused = new KeyRingException(Text(hello.Value));
            case { Kind: TokenAnswer.Refused }:
                _ends++;
                throw new KeyRingException(Text(hello.Value));
            case null:
                _ends++;
                throw new KeyUnavailableException($"The process of token '{Name}' ended before its token was open.");
            default:
                _ends++;
                throw new KeyUnavailableException(Text(hello.Value));
        }
    }
}

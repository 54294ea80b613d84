using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Identity.Keys.Pkcs11;

/// <summary>
/// The running process of one token: it alone has the module, the PIN and the sessions. When it ends, for whatever reason, every call under way is
/// answered with null and it stays ended. Safe for several threads.
/// </summary>
internal sealed class TokenProcess : IDisposable
{
    /// <summary>Further calls are refused: more threads than this would only wait.</summary>
    public const int MostCallsAtOnce = 256;

    /// <summary>Loading the module and logging in may take longer than signing.</summary>
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly TokenFrameWriter _writer;
    private readonly TimeSpan _timeout;
    private readonly Lock _lock = new();
    private readonly Dictionary<uint, Call> _calls = [];
    private readonly Call _hello = new();
    private uint _last;
    private bool _ended;
    private bool _retired;

    private TokenProcess(Process process, TimeSpan timeout)
    {
        _process = process;
        _timeout = timeout;
        _writer = new TokenFrameWriter(process.StandardInput.BaseStream);
        _calls[0] = _hello;
        new Thread(ReadAnswers) { IsBackground = true, Name = "token answers" }.Start();
    }

    /// <summary>False: it has ended, or its token has gone; another is to be started.</summary>
    public bool IsUsable
    {
        get
        {
            lock (_lock)
                return !_ended && !_retired;
        }
    }

    internal int Id => _process.Id;

    /// <summary>Starts the process and waits until its token is open. The answer: null, it ended or did not answer in time.</summary>
    /// <exception cref="KeyRingException">the program or the runtime is not where it must be</exception>
    public static (TokenProcess Process, TokenFrame? Hello) Start(TokenSettings settings)
    {
        var process = new TokenProcess(Process.Start(Program(settings)) ?? throw new KeyRingException($"Token '{settings.Name}': its process did not start."), settings.Timeout);
        var hello = process.Wait(process._hello, StartTimeout);
        if (hello is not { Kind: TokenAnswer.Done })
            process.Dispose();
        return (process, hello);
    }

    /// <returns>null: the process ended, or has been ended because it did not answer in time. Whether it had signed is not known; nothing was handed out</returns>
    /// <exception cref="KeyUnavailableException">too many calls are under way</exception>
    public TokenFrame? Ask(byte kind, ReadOnlySpan<byte> body)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(body.Length, TokenFrame.LargestBody);
        // A thread waits for one answer at a time, and every call is answered once: the object can serve its next.
        var call = Call.OfThisThread();
        uint number;
        lock (_lock)
        {
            if (_ended)
                return null;
            if (_calls.Count >= MostCallsAtOnce)
                throw new KeyUnavailableException($"More than {MostCallsAtOnce} calls of the token are under way.");
            do
                number = ++_last;
            while (number == 0 || _calls.ContainsKey(number));
            _calls[number] = call;
        }

        try
        {
            _writer.Write(number, kind, body);
        }
        catch (IOException)
        {
            // It ended; the thread that reads says so to every call.
        }

        return Wait(call, _timeout);
    }

    /// <summary>No further call is made; the process ends when those under way are answered.</summary>
    public void Retire()
    {
        lock (_lock)
        {
            _retired = true;
            if (_calls.Count > 0)
                return;
        }

        CloseInput();
    }

    /// <summary>Ends it: first politely, so that it can close its sessions.</summary>
    public void Dispose()
    {
        Retire();
        CloseInput();
        try
        {
            if (!_process.WaitForExit(TimeSpan.FromSeconds(2)))
                _process.Kill();
        }
        catch (Exception problem) when (problem is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It is gone already.
        }
    }

    private TokenFrame? Wait(Call call, TimeSpan timeout)
    {
        if (!call.Wait(timeout))
        {
            // It may hang inside the module, where nothing but the end of the process reaches it.
            Kill();
            call.Wait(Timeout.InfiniteTimeSpan);
        }

        return call.Answer;
    }

    private void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (Exception problem) when (problem is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It is gone already.
        }
    }

    private void CloseInput()
    {
        try
        {
            _process.StandardInput.BaseStream.Dispose();
        }
        catch (IOException)
        {
            // It is gone already.
        }
    }

    private void ReadAnswers()
    {
        var reader = new TokenFrameReader(_process.StandardOutput.BaseStream);
        try
        {
            while (reader.Read() is { } frame)
                Take(frame);
        }
        catch (Exception problem) when (problem is TokenProtocolException or IOException or ObjectDisposedException)
        {
            Kill();
        }

        Call[] left;
        lock (_lock)
        {
            _ended = true;
            left = [.. _calls.Values];
            _calls.Clear();
        }

        foreach (var call in left)
            call.Complete(null);
    }

    private void Take(TokenFrame frame)
    {
        Call? call;
        bool isLast;
        lock (_lock)
        {
            if (!_calls.Remove(frame.Call, out call))
                throw new TokenProtocolException("An answer to no question.");
            _retired |= frame.Kind == TokenAnswer.TokenGone;
            isLast = _retired && _calls.Count == 0;
        }

        call.Complete(frame);
        if (isLast)
            CloseInput();
    }

    // The same runtime as this service's; of its environment nothing but what the module was given.
    private static ProcessStartInfo Program(TokenSettings settings)
    {
        var folder = Path.GetDirectoryName(typeof(TokenProcess).Assembly.Location)!;
        var muxer = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
        var program = Path.Combine(folder, "Identity.Keys.dll");
        foreach (var file in new[] { muxer, program, Path.ChangeExtension(program, ".runtimeconfig.json") })
        {
            if (!File.Exists(file))
                throw new KeyRingException($"Token '{settings.Name}': its process cannot be started, because '{file}' is missing.");
        }

        var start = new ProcessStartInfo(muxer, [program, "token", settings.File])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.Latin1,
        };
        start.Environment.Clear();
        foreach (var (name, value) in settings.Environment)
            start.Environment[name] = value;
        if (Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") is { } credentials)
            start.Environment["CREDENTIALS_DIRECTORY"] = credentials;
        // No debugger or profiler attaches through the runtime's own door.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        return start;
    }

    /// <summary>A thread that waits for its answer.</summary>
    private sealed class Call
    {
        [ThreadStatic]
        private static Call? own;

        private readonly object _lock = new();
        private bool _done;

        public static Call OfThisThread()
        {
            var call = own ??= new Call();
            (call._done, call.Answer) = (false, null);
            return call;
        }

        public TokenFrame? Answer { get; private set; }

        public void Complete(TokenFrame? answer)
        {
            lock (_lock)
            {
                Answer = answer;
                _done = true;
                Monitor.Pulse(_lock);
            }
        }

        public bool Wait(TimeSpan timeout)
        {
            lock (_lock)
            {
                if (_done)
                    return true;
                return Monitor.Wait(_lock, timeout) || _done;
            }
        }
    }
}

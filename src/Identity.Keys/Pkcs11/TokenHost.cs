using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Identity.Keys.Pkcs11;

/// <summary>
/// The process of one token. It reads calls from its standard input and answers on what was its standard output until the input ends. Each session
/// has a thread; whichever is free takes the next call. When the token goes it answers so to every further call, and is replaced: there is one way
/// back, whether the token, its session or its module failed.
/// </summary>
internal sealed class TokenHost
{
    private const int MostOpenKeys = 256;
    private const int MostKept = 3;

    /// <summary>What `top -H` calls the threads that have a session each.</summary>
    internal const string SessionThread = "token-session";

    private readonly Pkcs11Token _token;
    private readonly TokenFrameReader _input;
    private readonly TokenFrameWriter _output;
    private readonly Lock _reading = new();
    private readonly Lock _opening = new();
    private readonly TokenKeyPair?[] _keys = new TokenKeyPair?[MostOpenKeys];
    private readonly PersonKeyPairs _people;
    private int _opened;
    private volatile string? _gone;

    private TokenHost(Pkcs11Token token, TokenFrameReader input, TokenFrameWriter output)
    {
        _token = token;
        _input = input;
        _output = output;
        // Half of the time limit: whoever waits longer for a key would end the process, and every key in it.
        _people = new PersonKeyPairs(new KeyReserve(() => token.OpenSession(forWriting: false), token.Settings.Timeout / 2));
    }

    /// <summary>Runs until the input ends.</summary>
    /// <returns>exit code: 0, or 1 when the token could not be opened, which the first frame tells</returns>
    public static int Run(string tokenFile)
    {
        // A terminal and a service manager send these to all processes of a service; this one ends when the service has closed its input.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static signal => signal.Cancel = true);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, static signal => signal.Cancel = true);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, static signal => signal.Cancel = true);
        using var stream = TakeStandardOutput();
        var output = new TokenFrameWriter(stream);
        try
        {
            using var token = Pkcs11Token.Open(TokenSettings.Read(tokenFile), attended: false);
            new TokenHost(token, new TokenFrameReader(Console.OpenStandardInput()), output).Serve();
            return 0;
        }
        catch (TokenRefusedException refusal)
        {
            output.Write(0, refusal.Answer, Utf8(refusal.Message));
            return 1;
        }
        catch (KeyRingException refusal)
        {
            output.Write(0, TokenAnswer.Refused, Utf8(refusal.Message));
            return 1;
        }
    }

    private void Serve()
    {
        var sessions = new List<ISession>();
        try
        {
            for (var i = 0; i < _token.Settings.Sessions; i++)
                sessions.Add(_token.OpenSession(forWriting: false));
        }
        catch (Pkcs11Exception problem)
        {
            throw new TokenRefusedException(TokenAnswer.Unavailable, $"Token '{_token.Settings.Name}': {Pkcs11Token.Words(problem)}");
        }

        _output.Write(0, TokenAnswer.Done, []);
        var threads = sessions.ConvertAll(session => new Thread(() => Work(session)) { IsBackground = true, Name = SessionThread });
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
    }

    // When many calls wait, a few quick answers leave together: each time the service's thread is woken costs more than a tenth of such a signature.
    private void Work(ISession session)
    {
        var signer = new SessionSigner(session);
        var kept = 0;
        try
        {
            while (Next(kept > 0) is { } call)
            {
                var isQuick = IsQuick(call);
                if (kept > 0 && !isQuick)
                    _output.Flush();
                var (kind, body) = Answer(session, signer, call);
                _output.Keep(call.Call, kind, body);
                kept = isQuick && kept < MostKept ? kept + 1 : 0;
                if (kept == 0)
                    _output.Flush();
            }
        }
        catch (Exception problem) when (problem is IOException or TokenProtocolException)
        {
            // The service is gone, or is not what it should be: a process that nobody can talk to ends.
            Console.Error.WriteLine($"Token '{_token.Settings.Name}': {problem.Message}");
            Environment.Exit(1);
        }
    }

    private static bool IsQuick(TokenFrame call) =>
        call is { Kind: TokenCall.SignHash, Body.Length: > 4 } && (SignatureScheme)call.Body[4] is SignatureScheme.EcdsaSha256 or SignatureScheme.EcdsaSha384 or SignatureScheme.Ed25519;

    // Nothing is kept back by a thread that waits.
    private TokenFrame? Next(bool hasKept)
    {
        if (hasKept)
        {
            if (_reading.TryEnter())
            {
                try
                {
                    if (_input.HasFrame)
                        return _input.Read();
                }
                finally
                {
                    _reading.Exit();
                }
            }

            _output.Flush();
        }

        lock (_reading)
            return _input.Read();
    }

    private (byte Kind, byte[] Body) Answer(ISession session, SessionSigner signer, TokenFrame call)
    {
        if (_gone is { } gone)
            return (TokenAnswer.TokenGone, Utf8(gone));
        try
        {
            return (TokenAnswer.Done, call.Kind switch
            {
                TokenCall.SignHash => SignHash(signer, call.Body),
                TokenCall.OpenKey => OpenKey(session, call.Body),
                TokenCall.MakePersonKey => _people.MakeForDocuments(session, call.Body),
                TokenCall.ReserveKeys => _people.Reserve(),
                TokenCall.MakeSessionKey => _people.MakeForCredential(session, call.Body),
                TokenCall.EnableSessionKey => _people.Enable(call.Body),
                TokenCall.SignWithPersonKey => _people.SignHashOnce(session, signer, call.Body),
                TokenCall.SignOctetsWithPersonKey => _people.SignOctetsOnce(session, signer, call.Body),
                TokenCall.DestroyPersonKey => _people.Destroy(session, call.Body),
                TokenCall.LookAtSession => LookAt(session),
                _ => throw new TokenProtocolException($"There is no call {call.Kind}."),
            });
        }
        catch (TokenRefusedException refusal)
        {
            return (refusal.Answer, Utf8(refusal.Message));
        }
        catch (Pkcs11Exception problem)
        {
            var words = $"Token '{_token.Settings.Name}': {Pkcs11Token.Words(problem)}";
            if (!Pkcs11Token.MeansGone(problem.RV))
                return (TokenAnswer.Unavailable, Utf8(words));
            _gone = words;
            return (TokenAnswer.TokenGone, Utf8(words));
        }
    }

    private byte[] SignHash(SessionSigner signer, byte[] body)
    {
        if (body.Length < 5 || BinaryPrimitives.ReadUInt32LittleEndian(body) is var number && number >= MostOpenKeys || Volatile.Read(ref _keys[number]) is not { } key)
            throw new TokenProtocolException("A key was named that is not open.");
        var scheme = (SignatureScheme)body[4];
        if (!SigningKey.Fits(key.Manifest.Algorithm, scheme, body.Length - 5))
            throw new TokenProtocolException("The scheme does not fit the key, or the hash not the scheme.");
        return signer.Sign(key.PrivateKey, scheme, body[5..]);
    }

    private byte[] OpenKey(ISession session, byte[] body)
    {
        KeyManifest manifest;
        try
        {
            var question = JsonSerializer.Deserialize<Pkcs11SigningKey.OpenKeyQuestion>(body) ?? throw new TokenProtocolException("No key was named.");
            manifest = KeyManifest.Check(question.Manifest, question.Name, static (field, rule) => new TokenProtocolException(field + " " + rule));
        }
        catch (JsonException)
        {
            throw new TokenProtocolException("A key's manifest is no JSON.");
        }

        var found = TokenKeyPair.Find(session, manifest);
        lock (_opening)
        {
            if (_opened == MostOpenKeys)
                throw new TokenRefusedException(TokenAnswer.Refused, $"Token '{_token.Settings.Name}': more than {MostOpenKeys} keys are open.");
            var number = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(number, (uint)_opened);
            Volatile.Write(ref _keys[_opened++], found);
            return number;
        }
    }

    private static byte[] LookAt(ISession session) => session.GetSessionInfo().State is CKS.CKS_RO_USER_FUNCTIONS or CKS.CKS_RW_USER_FUNCTIONS
        ? []
        : throw new Pkcs11Exception("C_GetSessionInfo", CKR.CKR_USER_NOT_LOGGED_IN);

    // What the module prints goes where errors go: on the standard output it would be taken for an answer.
    private static Stream TakeStandardOutput()
    {
        if (OperatingSystem.IsWindows())
            return Console.OpenStandardOutput();
        var answers = Duplicate(1);
        if (answers < 0 || DuplicateOver(2, 1) < 0)
            throw new IOException("The standard output cannot be duplicated.");
        return new FileStream(new SafeFileHandle(answers, ownsHandle: true), FileAccess.Write, bufferSize: 0);
    }

    private static byte[] Utf8(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return bytes.Length <= TokenFrame.LargestBody ? bytes : bytes[..TokenFrame.LargestBody];
    }

    [DllImport("libc", EntryPoint = "dup"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Duplicate(int descriptor);

    [DllImport("libc", EntryPoint = "dup2"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int DuplicateOver(int descriptor, int target);
}

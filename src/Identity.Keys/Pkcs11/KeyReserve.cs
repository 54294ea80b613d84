using System.Diagnostics;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Identity.Keys.Pkcs11;

/// <summary>A key pair that nobody has yet: its private half is a session object.</summary>
internal sealed record ReservedKey(IObjectHandle Key, byte[] SubjectPublicKeyInfo);

/// <summary>
/// RSA key pairs of people, made before they are asked for: one takes from a fraction of a second to several, so a caller that waited for it would hold one of the few
/// sessions, and now and then pass its time limit. They are made one after another in a session and a thread of their own, from the first time that one is asked for
/// or announced. What nobody takes goes with the process. May be called concurrently.
/// </summary>
internal sealed class KeyReserve(Func<ISession> open, TimeSpan patience)
{
    /// <summary>Kept at most: in front of a crowd the next ones come as fast as the token makes them.</summary>
    public const int Size = 8;

    // Its own lock and signal: keys come and go.
    private readonly Queue<ReservedKey> _keys = new();
    private Pkcs11Exception? _problem;
    private bool _isMade;

    // Not disposed: its objects go with it, and it goes with the process.
    private ISession? _session;

    /// <summary>From now on they are made.</summary>
    public void Announce()
    {
        lock (_keys)
        {
            if (_isMade)
                return;
            _isMade = true;
        }

        new Thread(Make) { IsBackground = true, Priority = ThreadPriority.BelowNormal }.Start();
    }

    /// <summary>One that is the caller's alone.</summary>
    /// <exception cref="TokenRefusedException">none came in time: nothing was made</exception>
    /// <exception cref="Pkcs11Exception">the token has answered so when the next one was to be made</exception>
    public ReservedKey Take()
    {
        Announce();
        var waiting = Stopwatch.StartNew();
        lock (_keys)
        {
            while (_keys.Count == 0)
            {
                if (_problem is { } problem)
                {
                    // Told once: whoever asks next has it tried anew.
                    _problem = null;
                    throw problem;
                }

                var left = patience - waiting.Elapsed;
                if (left <= TimeSpan.Zero)
                    throw new TokenRefusedException(TokenAnswer.Unavailable, "More RSA keys of people are asked for than the token makes; come again.");
                Monitor.Wait(_keys, left);
            }

            var key = _keys.Dequeue();
            Monitor.PulseAll(_keys);
            return key;
        }
    }

    private void Make()
    {
        try
        {
            var session = _session ??= open();
            while (true)
            {
                lock (_keys)
                {
                    while (_keys.Count >= Size)
                        Monitor.Wait(_keys);
                }

                var (publicKey, privateKey) = KeyGeneration.Generate(session, KeyAlgorithm.Rsa3072, lasting: false, "person");
                var subjectPublicKeyInfo = KeyGeneration.SubjectPublicKeyInfo(session, publicKey, KeyAlgorithm.Rsa3072);
                session.DestroyObject(publicKey);
                lock (_keys)
                {
                    _keys.Enqueue(new ReservedKey(privateKey, subjectPublicKeyInfo));
                    Monitor.PulseAll(_keys);
                }
            }
        }
        catch (Pkcs11Exception problem)
        {
            // Whoever asks when no more are left is told; when the token has gone its process is replaced.
            lock (_keys)
            {
                (_problem, _isMade) = (problem, false);
                Monitor.PulseAll(_keys);
            }
        }
    }
}

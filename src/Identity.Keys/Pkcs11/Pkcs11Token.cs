using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Identity.Keys.Pkcs11;

/// <summary>Why a token could not be opened; the answer that tells it is one of <see cref="TokenAnswer"/>.</summary>
internal sealed class TokenRefusedException(byte answer, string message) : Exception(message)
{
    public byte Answer { get; } = answer;
}

/// <summary>An open token: the module loaded, logged in once. Lives in a process of its own.</summary>
internal sealed class Pkcs11Token : IDisposable
{
    private readonly IPkcs11Library _library;
    private readonly ISlot _slot;

    // PKCS#11 base 2.40, 5.6.7: the login ends when the last session of the process closes; this one stays open.
    private readonly ISession _loggedIn;

    static Pkcs11Token() => NativeLibrary.SetDllImportResolver(typeof(Pkcs11InteropFactories).Assembly, DynamicLoader);

    private Pkcs11Token(TokenSettings settings, IPkcs11Library library, ISlot slot, ISession loggedIn)
    {
        Settings = settings;
        _library = library;
        _slot = slot;
        _loggedIn = loggedIn;
    }

    public TokenSettings Settings { get; }

    /// <param name="settings">which token</param>
    /// <param name="attended">true: a person is there, so that one failed attempt at the PIN is no reason not to try another</param>
    /// <exception cref="TokenRefusedException">no module, no token, no PIN that it takes</exception>
    public static Pkcs11Token Open(TokenSettings settings, bool attended)
    {
        if (!File.Exists(settings.Module))
            throw new TokenRefusedException(TokenAnswer.Refused, $"Token '{settings.Name}': module '{settings.Module}' does not exist.");
        byte[] pin;
        try
        {
            pin = PinFile.Read(settings);
        }
        catch (KeyRingException problem)
        {
            throw new TokenRefusedException(TokenAnswer.Refused, problem.Message);
        }

        try
        {
            return Open(settings, attended, pin);
        }
        catch (Exception problem) when (problem is UnmanagedException or Pkcs11Exception)
        {
            throw new TokenRefusedException(TokenAnswer.Unavailable, $"Token '{settings.Name}': {Words(problem)}");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pin);
        }
    }

    /// <summary>A further session. Session objects live as long as the session that made them.</summary>
    public ISession OpenSession(bool forWriting) => _slot.OpenSession(forWriting ? SessionType.ReadWrite : SessionType.ReadOnly);

    public void Dispose()
    {
        try
        {
            _loggedIn.Dispose();
            _library.Dispose();
        }
        catch (Pkcs11Exception)
        {
            // The token has gone; so have its sessions.
        }
    }

    /// <summary>Return values after which sessions, login or objects are not what they were: PKCS#11 base 2.40, 5.1.2 to 5.1.6.</summary>
    public static bool MeansGone(CKR value) => value is CKR.CKR_SESSION_HANDLE_INVALID or CKR.CKR_SESSION_CLOSED or CKR.CKR_DEVICE_REMOVED or CKR.CKR_DEVICE_ERROR
        or CKR.CKR_TOKEN_NOT_PRESENT or CKR.CKR_TOKEN_NOT_RECOGNIZED or CKR.CKR_USER_NOT_LOGGED_IN or CKR.CKR_OBJECT_HANDLE_INVALID or CKR.CKR_KEY_HANDLE_INVALID
        or CKR.CKR_CRYPTOKI_NOT_INITIALIZED or CKR.CKR_GENERAL_ERROR or CKR.CKR_DEVICE_MEMORY or CKR.CKR_HOST_MEMORY or CKR.CKR_FUNCTION_FAILED;

    public static string Words(Exception problem) => problem is Pkcs11Exception answered ? $"{answered.Method} answered {answered.RV}." : problem.Message;

    private static Pkcs11Token Open(TokenSettings settings, bool attended, byte[] pin)
    {
        var factories = new Pkcs11InteropFactories();
        var library = factories.Pkcs11LibraryFactory.LoadPkcs11Library(factories, settings.Module, AppType.MultiThreaded);
        ISession? session = null;
        try
        {
            var slot = Find(settings, library);
            CheckAttempts(settings, slot.GetTokenInfo(), attended);
            session = slot.OpenSession(SessionType.ReadOnly);
            LogIn(settings, session, pin);
            return new Pkcs11Token(settings, library, slot, session);
        }
        catch
        {
            session?.Dispose();
            library.Dispose();
            throw;
        }
    }

    private static ISlot Find(TokenSettings settings, IPkcs11Library library)
    {
        var found = library.GetSlotList(SlotsType.WithTokenPresent).Where(slot => slot.GetTokenInfo().Label == settings.Label).ToList();
        return found.Count switch
        {
            1 => found[0],
            0 => throw new TokenRefusedException(TokenAnswer.Unavailable, $"Token '{settings.Name}': no token with the label '{settings.Label}' is present."),
            _ => throw new TokenRefusedException(TokenAnswer.Refused, $"Token '{settings.Name}': {found.Count} tokens have the label '{settings.Label}'."),
        };
    }

    // A token locks itself after a few wrong PINs, and then keys are lost or a ceremony is needed. So a service, which is started again and again by
    // itself, makes at most one wrong attempt, whoever made it: CKF_USER_PIN_COUNT_LOW stays set until somebody logs in rightly.
    private static void CheckAttempts(TokenSettings settings, ITokenInfo token, bool attended)
    {
        string? problem = token.TokenFlags switch
        {
            { UserPinLocked: true } => "its PIN is locked.",
            { UserPinFinalTry: true } => "one attempt at its PIN is left, and it is not used up here.",
            { UserPinCountLow: true } when !attended => "a wrong PIN was entered since the last right one. Put it right and log in once, with `check`.",
            _ => null,
        };
        if (problem is not null)
            throw new TokenRefusedException(TokenAnswer.PinRefused, $"Token '{settings.Name}': {problem}");
    }

    private static void LogIn(TokenSettings settings, ISession session, byte[] pin)
    {
        try
        {
            session.Login(CKU.CKU_USER, pin);
        }
        catch (Pkcs11Exception problem) when (problem.RV is CKR.CKR_PIN_INCORRECT or CKR.CKR_PIN_INVALID or CKR.CKR_PIN_LEN_RANGE or CKR.CKR_PIN_EXPIRED or CKR.CKR_PIN_LOCKED)
        {
            throw new TokenRefusedException(TokenAnswer.PinRefused, $"Token '{settings.Name}' refused the PIN ({problem.RV}); it is not tried again.");
        }
    }

    // The binding asks for libdl; since glibc 2.34 only its numbered name is installed without development files.
    private static nint DynamicLoader(string name, Assembly assembly, DllImportSearchPath? path) =>
        name == "libdl" && OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libdl.so.2", out var library) ? library : 0;
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Identity.Keys.Pkcs11;
using Identity.TestKit;
using Identity.TestKit.Pki;

namespace Identity.Keys.Tests.Pkcs11;

/// <summary>The module lives in a process of its own: whatever happens to it, the service stays, and signs again.</summary>
public sealed class TokenProcessTests() : HardwareToken(sessions: 2, timeoutSeconds: 2)
{
    [Fact]
    public void The_process_is_given_no_pin_and_nothing_of_the_services_environment()
    {
        var key = Key();
        var process = OnlyProcess();
        Assert.DoesNotContain(SoftHsm.Pin, ReadProc(process, "cmdline"), StringComparison.Ordinal);
        var environment = ReadProc(process, "environ").Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(variable => variable.Split('=')[0]).Order(StringComparer.Ordinal);
        Assert.Equal(["DOTNET_EnableDiagnostics", "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "DOTNET_gcConcurrent", "SOFTHSM2_CONF"], environment);
        Assert.Contains("softhsm", ReadProc(process, "maps"), StringComparison.OrdinalIgnoreCase);
        Assert.True(Signs(key));
    }

    [Fact]
    public async Task A_process_killed_under_load_answers_those_calls_with_unavailable_and_is_started_again()
    {
        var key = Key();
        var first = OnlyProcess();
        var (signed, unavailable) = (0, 0);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var load = Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    Assert.True(Signs(key));
                    Interlocked.Increment(ref signed);
                }
                catch (KeyUnavailableException)
                {
                    Interlocked.Increment(ref unavailable);
                }
            }
        }, Cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        await Until(() => signed > 200);
        Send("KILL", first);
        await Until(() => unavailable > 0);
        var before = signed;
        await Until(() => signed > before + 200);
        await stop.CancelAsync();
        await Task.WhenAll(load);
        Assert.NotEqual(first, OnlyProcess());
        Assert.True(Signs(key));
    }

    [Theory]
    [InlineData("SEGV")]
    [InlineData("ABRT")]
    public async Task A_crash_of_the_module_ends_no_service(string signal)
    {
        var key = Key();
        var process = OnlyProcess();
        // The runtime's own handler returns from the first, because no instruction of it failed, and leaves the second to the system.
        Send(signal, process);
        await Until(() => Tool.Run("kill", "-" + signal, process.ToString(CultureInfo.InvariantCulture)).ExitCode != 0 || Processes().Length == 0);
        Assert.True(await SignsAgain(key));
        Assert.NotEqual(process, OnlyProcess());
    }

    [Fact]
    public async Task A_module_that_hangs_is_killed_after_its_time_and_started_again()
    {
        var key = Key();
        var hanging = OnlyProcess();
        Send("STOP", hanging);
        await Until(() => IsStopped(hanging)); // A thread that runs stops only when the system next looks at it, and may answer until then.
        Assert.Equal("The process of token 'hsm' ended before it answered.", Assert.Throws<KeyUnavailableException>(() => key.SignHash(SignatureScheme.EcdsaSha256, new byte[32])).Message);
        await Until(() => !Processes().Contains(hanging));
        Assert.True(await SignsAgain(key));
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public async Task What_a_service_manager_sends_to_all_does_not_end_it_before_its_service(string signal)
    {
        var key = Key();
        var process = OnlyProcess();
        Send(signal, process);
        await Task.Delay(200, Cancellation);
        Assert.True(Signs(key));
        Assert.Equal(process, OnlyProcess());
    }

    [Fact]
    public async Task It_ends_with_its_service()
    {
        var ring = Ring();
        Hsm.Create("tsa", "Timestamping");
        Assert.True(Signs(ring.Get("tsa", KeyPurpose.Timestamping)));
        ring.Dispose();
        await Until(() => Processes().Length == 0);
    }

    [Fact]
    public async Task A_token_that_went_away_and_came_back_signs_again_with_the_same_key()
    {
        var ring = Ring();
        Hsm.Create("tsa", "Timestamping");
        var key = ring.Get("tsa", KeyPurpose.Timestamping);
        Assert.True(Signs(key) && ring.TokensAnswer());
        Directory.Move(Hsm.Tokens, Hsm.Tokens + ".away");
        Directory.CreateDirectory(Hsm.Tokens);
        Send("KILL", OnlyProcess());
        await Until(() => Processes().Length == 0);
        Assert.Throws<KeyUnavailableException>(() => key.SignHash(SignatureScheme.EcdsaSha256, new byte[32]));
        Assert.False(ring.TokensAnswer());
        Directory.Delete(Hsm.Tokens);
        Directory.Move(Hsm.Tokens + ".away", Hsm.Tokens);
        Assert.True(await SignsAgain(key));
        Assert.True(ring.TokensAnswer());
    }

    [Fact]
    public async Task A_token_that_is_pulled_while_in_use_is_noticed_and_found_again()
    {
        var key = Key();
        var first = OnlyProcess();
        Directory.Move(Hsm.Tokens, Hsm.Tokens + ".away");
        Assert.Throws<KeyUnavailableException>(() => key.SignHash(SignatureScheme.EcdsaSha256, new byte[32]));
        Directory.Move(Hsm.Tokens + ".away", Hsm.Tokens);
        Assert.True(await SignsAgain(key));
        Assert.NotEqual(first, OnlyProcess());
    }

    [Fact]
    public async Task A_key_that_is_another_one_after_the_token_came_back_is_not_used()
    {
        var key = Key();
        Assert.Equal(0, Hsm.Pkcs11Tool("--delete-object", "--type", "privkey", "--label", "tsa Timestamping").ExitCode);
        Send("KILL", OnlyProcess());
        await Until(() => Refused().Message.StartsWith("Key 'tsa' is not in the token for Timestamping", StringComparison.Ordinal));

        KeyUnavailableException Refused() => Assert.Throws<KeyUnavailableException>(() => key.SignHash(SignatureScheme.EcdsaSha256, new byte[32]));
    }

    [Fact]
    public async Task Calls_are_taken_up_to_their_cap_at_once()
    {
        Hsm.Describe(timeoutSeconds: 60);
        using var patient = TokenProcess.Start(TokenSettings.Read(Hsm.TokenFile)).Process;
        Send("STOP", patient.Id);
        var (answered, refused) = (0, 0);
        var calls = Enumerable.Range(0, TokenProcess.MostCallsAtOnce + 1).Select(_ => Task.Factory.StartNew(() =>
        {
            try
            {
                if (patient.Ask(TokenCall.LookAtSession, []) is { Kind: TokenAnswer.Done })
                    Interlocked.Increment(ref answered);
            }
            catch (KeyUnavailableException refusal) when (refusal.Message == "More than 256 calls of the token are under way.")
            {
                Interlocked.Increment(ref refused);
            }
        }, Cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        await Until(() => refused > 0);
        Send("CONT", patient.Id);
        await Task.WhenAll(calls);
        Assert.Equal((256, 1), (answered, refused));
    }

    public static TheoryData<string, byte[]> BadCalls() => new()
    {
        { "no such call", Frame(99, []) },
        { "a length past the cap", [0x06, 0x10, 0, 0, 1, 0, 0, 0, 2] },
        { "a key that is not open", Frame(TokenCall.SignHash, new byte[5 + 32]) },
        { "a key past the last number", Frame(TokenCall.SignHash, [255, 255, 255, 255, 0, .. new byte[32]]) },
        { "a signature without a key", Frame(TokenCall.SignHash, new byte[4]) },
        { "a key by no JSON", Frame(TokenCall.OpenKey, "x"u8) },
        { "a key by null", Frame(TokenCall.OpenKey, "null"u8) },
        { "a person's key of a long approval", Frame(TokenCall.MakePersonKey, "\0\u0001" + new string('a', 65)) },
        { "a person's key of an approval with a comma", Frame(TokenCall.MakePersonKey, "\0\u0001a,O=b") },
        { "a person's key of no approval", Frame(TokenCall.MakePersonKey, []) },
        { "a person's octets, none", Frame(TokenCall.SignOctetsWithPersonKey, new string('n', 17)) },
        { "a person's octets, one too many", Frame(TokenCall.SignOctetsWithPersonKey, new string('n', 17 + SigningKey.MostOctets + 1)) },
        { "a person's key for no document", Frame(TokenCall.MakePersonKey, "\0\0a-1") },
        { "a person's key of an algorithm for others", Frame(TokenCall.MakePersonKey, "\u0002\u0001a-1") },
        { "a credential's key that signs no hashes", Frame(TokenCall.MakeSessionKey, "\u0004s-1") },
        { "a credential's key of no kind", Frame(TokenCall.MakeSessionKey, []) },
        { "a person's key for 101 documents", Frame(TokenCall.MakePersonKey, "\0ea-1") },
        { "a person's short hash", Frame(TokenCall.SignWithPersonKey, new byte[16 + 31]) },
        { "a person's key of no name", Frame(TokenCall.DestroyPersonKey, new byte[15]) },
    };

    [Theory]
    [MemberData(nameof(BadCalls))]
    public void A_caller_that_breaks_the_protocol_ends_the_process(string what, byte[] frame)
    {
        Assert.NotEmpty(what);
        var result = Tool.RunWith("dotnet", [Path.Combine(AppContext.BaseDirectory, "Identity.Keys.dll"), "token", Hsm.TokenFile], frame, environment: Hsm.Environment);
        Assert.Equal(1, result.ExitCode);
        // The greeting, and no answer.
        Assert.Equal(TokenFrame.HeadBytes, Encoding.Latin1.GetByteCount(result.Output));
        Assert.StartsWith("Token 'hsm': ", result.Error, StringComparison.Ordinal);
    }

    private static byte[] Frame(byte call, ReadOnlySpan<byte> body)
    {
        using var stream = new MemoryStream();
        new TokenFrameWriter(stream).Write(1, call, body);
        return stream.ToArray();
    }

    private static byte[] Frame(byte call, string body) => Frame(call, Encoding.UTF8.GetBytes(body));

    private SigningKey Key()
    {
        Hsm.Create("tsa", "Timestamping");
        return Ring().Get("tsa", KeyPurpose.Timestamping);
    }

    /// <summary>Restarts come at growing intervals; a caller asks again.</summary>
    private static async Task<bool> SignsAgain(SigningKey key)
    {
        for (var i = 0; i < 200; i++)
        {
            try
            {
                return Signs(key);
            }
            catch (KeyUnavailableException)
            {
                await Task.Delay(50, Cancellation);
            }
        }

        return false;
    }

    /// <summary>Whether no thread of the process runs any more (proc(5), the state after the name in brackets).</summary>
    private static bool IsStopped(int process) => Directory.EnumerateDirectories($"/proc/{process}/task")
        .All(task => File.ReadAllText(Path.Combine(task, "stat")) is var stat && stat.AsSpan(stat.LastIndexOf(')') + 1).TrimStart() is ['T', ..]);
}

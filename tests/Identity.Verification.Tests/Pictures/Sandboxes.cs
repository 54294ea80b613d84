using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Identity.TestKit;
using Identity.Verification.Pictures;

namespace Identity.Verification.Tests.Pictures;

/// <summary>What a program that a hostile document has taken over can reach. A stand-in tries, in the place of poppler.</summary>
public sealed class Sandboxes
{
    private static async Task<Sandbox> Found()
    {
        var search = await Sandbox.Find(TestContext.Current.CancellationToken);
        Assert.SkipWhen(search is SandboxSearch.None, (search as SandboxSearch.None)?.Why ?? "");
        return ((SandboxSearch.Found)search).Sandbox;
    }

    /// <summary>The script comes as the document does; what it prints is the answer.</summary>
    private static async Task<string?> Tries(string perl)
    {
        Tool.Require("perl");
        var answer = await (await Found()).Run("perl", ["-"], Encoding.UTF8.GetBytes(perl), TestContext.Current.CancellationToken);
        return answer is null ? null : Encoding.UTF8.GetString(answer);
    }

    [Fact]
    public async Task A_program_that_behaves_answers() => Assert.Equal("42", await Tries("print 6*7"));

    [Fact]
    public async Task Files_of_the_service_and_of_the_system_are_not_there()
    {
        var own = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(own, "a key", TestContext.Current.CancellationToken);
            Assert.Equal(0, Tool.Run("chmod", "644", own).ExitCode);
            foreach (var path in new[] { own, "/etc/shadow", "/etc/passwd", "/proc/self/environ", "/proc/1/environ", "/dev/null", "/root", "/home", "/usr/sbin", typeof(Sandbox).Assembly.Location })
                Assert.Equal("No such file or directory", await Tries($"open(F, '<', '{path}') ? print 'read' : print $!"));
        }
        finally
        {
            File.Delete(own);
        }
    }

    [Fact]
    public async Task Its_root_holds_programs_libraries_and_fonts_and_nothing_else() =>
        Assert.Empty((await Tries("opendir(D, '/'); print join ' ', grep { !/^\\.\\.?$/ } readdir D"))!.Split(' ').Except(["etc", "lib", "lib32", "lib64", "usr", "var"]));

    [Fact]
    public async Task It_sees_no_variable_of_the_services() => Assert.Equal("HOME PATH PWD", await Tries("delete $ENV{$_} for qw(OLDPWD SHLVL _); print join ' ', sort keys %ENV"));

    [Fact]
    public async Task Nothing_can_be_written()
    {
        foreach (var path in new[] { "/x", "/tmp", "/etc/x", "/usr/bin/x", "/usr/lib/x", "/var/cache/fontconfig/x" })
            Assert.Contains(await Tries($"open(F, '>', '{path}') ? print 'written' : print $!"), new[] { "Read-only file system", "No such file or directory" });
    }

    [Fact]
    public async Task There_is_no_network()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Assert.Equal("Network is unreachable", await Tries($"socket(S, 2, 1, 0) or die; connect(S, pack('SnC4x8', 2, {port}, 127, 0, 0, 1)) ? print 'connected' : print $!"));
        Assert.False(listener.Pending());
    }

    [Fact]
    public async Task No_other_process_can_be_started() =>
        Assert.Equal("Resource temporarily unavailable", await Tries("my $child = fork; defined $child ? print 'forked' : print $!"));

    [Theory]
    [InlineData("", "chroot('/usr')")]
    // mount, and unshare: a user name space below, in which it would be root.
    [InlineData("my ($type, $at) = ('tmpfs', '/etc'); ", "syscall(165, $type, $at, $type, 0, 0) == 0")]
    [InlineData("", "syscall(272, 0x10000000) == 0")]
    public async Task What_needs_a_capability_is_refused(string before, string attempt)
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "system calls have other numbers here");
        Assert.Equal("Operation not permitted", await Tries($"{before}({attempt}) ? print 'done' : print $!"));
    }

    [Fact]
    public async Task It_sees_no_process_but_its_own() => Assert.Equal("1 0", await Tries("print $$, ' ', getppid()"));

    [Fact]
    public async Task Memory_and_time_are_limited()
    {
        Assert.Null(await Tries("my $all = 'x' x (2 << 30); print length $all"));
        Assert.Null(await Tries("1 while 1"));
        Assert.Null(await Tries("sleep 3600"));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task An_answer_over_the_cap_is_no_answer(int more, bool isAnswer) =>
        Assert.Equal(isAnswer, await Tries($"print 'x' x {Sandbox.LargestAnswer + more}") is not null);

    [Fact]
    public async Task A_program_that_fails_has_no_answer() => Assert.Null(await Tries("print 'half'; exit 3"));
}

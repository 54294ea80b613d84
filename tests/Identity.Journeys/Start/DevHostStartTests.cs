using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Identity.Journeys.Running;
using Identity.TestKit;

namespace Identity.Journeys.Start;

public sealed class DevHostStartTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Starts_twice_on_the_same_data_and_ends_cleanly()
    {
        var token = TestContext.Current.CancellationToken;
        var portBase = DevHostProcess.FreePortBase();
        string rootBefore;
        await using (var first = await DevHostProcess.Start(_folder.Path, portBase))
        {
            Assert.Equal($"Provider      http://localhost:{portBase}", first.Output[0]);
            Assert.Equal("Ready.", first.Output[^1]);
            rootBefore = await File.ReadAllTextAsync(Path.Combine(_folder.Path, "keys-dev", "root-ca.cer.pem"), token);
            Assert.Equal(0, (await first.End("INT")).ExitCode);
            Assert.Equal("Ready.", first.Output[^1]);
        }

        var watch = Stopwatch.StartNew();
        await using var second = await DevHostProcess.Start(_folder.Path, portBase);
        var started = watch.Elapsed;
        var resident = File.ReadLines($"/proc/{second.ProcessId}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"second start {started.TotalSeconds:0.0} s, {resident}"));
        Assert.Equal(rootBefore, await File.ReadAllTextAsync(Path.Combine(_folder.Path, "keys-dev", "root-ca.cer.pem"), token));
        Assert.Equal(0, (await second.End("TERM")).ExitCode);
    }

    [Fact]
    public async Task A_killed_copy_starts_again()
    {
        var portBase = DevHostProcess.FreePortBase();
        await using (var first = await DevHostProcess.Start(_folder.Path, portBase))
            Assert.NotEqual(0, (await first.End("KILL")).ExitCode);
        await using var second = await DevHostProcess.Start(_folder.Path, portBase);
        Assert.Contains("Ready.", second.Output);
    }

    [Fact]
    public async Task Two_copies_run_side_by_side()
    {
        using var other = new TemporaryFolder();
        await using var one = await DevHostProcess.Start(_folder.Path);
        await using var two = await DevHostProcess.Start(other.Path);
        using var browser = new HttpClient();
        foreach (var host in new[] { one, two })
        {
            var document = await browser.GetStringAsync(host.Address(0) + ".well-known/openid-configuration", TestContext.Current.CancellationToken);
            Assert.Contains($"\"issuer\": \"{host.Address(0)}\"", document.Replace("\":\"", "\": \"", StringComparison.Ordinal), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_taken_port_is_named_without_a_stack_trace_and_nothing_is_made()
    {
        var portBase = DevHostProcess.FreePortBase();
        using var taken = new TcpListener(IPAddress.Loopback, portBase);
        taken.Start();
        using var alsoTaken = new TcpListener(IPAddress.Any, portBase + 90);
        alsoTaken.Start();
        await using var host = DevHostProcess.Launch(_folder.Path, portBase);
        Assert.Equal(1, await host.Ended());
        Assert.Equal([$"Ports {portBase}, {portBase + 90} are in use; use --port-base (and --data for a second copy)."], host.Output);
        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "keys-dev")));
    }

    [Fact]
    public async Task A_second_copy_on_the_same_data_is_refused()
    {
        await using var one = await DevHostProcess.Start(_folder.Path);
        await using var two = DevHostProcess.Launch(_folder.Path, DevHostProcess.FreePortBase());
        Assert.Equal(1, await two.Ended());
        Assert.StartsWith($"Another copy uses the data folder '{_folder.Path}'", Assert.Single(two.Output), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_partly_filled_key_folder_is_named()
    {
        var keys = Directory.CreateDirectory(Path.Combine(_folder.Path, "keys-dev")).FullName;
        await File.WriteAllTextAsync(Path.Combine(keys, "root-ca.key.pem"), "", TestContext.Current.CancellationToken);
        await using var host = DevHostProcess.Launch(_folder.Path, DevHostProcess.FreePortBase());
        Assert.Equal(1, await host.Ended());
        Assert.StartsWith($"The key folder '{keys}' is incomplete: issuing-ca.key.pem, tsa.key.pem,", Assert.Single(host.Output), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_port_base_gets_certificates_that_point_there_for_the_same_keys()
    {
        await using (var first = await DevHostProcess.Start(_folder.Path))
            Assert.Contains($"http://localhost:{first.PortBase + 100}/crl/services-ca.crl", Tsa(), StringComparison.Ordinal);
        var keyBefore = await File.ReadAllTextAsync(Path.Combine(_folder.Path, "keys-dev", "tsa.key.pem"), TestContext.Current.CancellationToken);
        await using var second = await DevHostProcess.Start(_folder.Path);
        Assert.Contains($"http://localhost:{second.PortBase + 100}/crl/services-ca.crl", Tsa(), StringComparison.Ordinal);
        Assert.Equal(keyBefore, await File.ReadAllTextAsync(Path.Combine(_folder.Path, "keys-dev", "tsa.key.pem"), TestContext.Current.CancellationToken));

        string Tsa() => Tool.Run("openssl", "x509", "-in", Path.Combine(_folder.Path, "keys-dev", "tsa.cer.pem"), "-noout", "-text").Output;
    }

    [Fact]
    public async Task The_hierarchy_stands_up_to_openssl()
    {
        await using (await DevHostProcess.Start(_folder.Path))
        {
            string File_(string name) => Path.Combine(_folder.Path, "keys-dev", name);
            foreach (var arguments in new[]
            {
                new[] { "verify", "-x509_strict", "-CAfile", File_("trust/root-ca.cer.pem"), File_("issuing-ca.cer.pem") },
                ["verify", "-x509_strict", "-purpose", "timestampsign", "-CAfile", File_("trust/root-ca.cer.pem"), "-untrusted", File_("services-ca.cer.pem"), File_("tsa.cer.pem")],
                ["verify", "-x509_strict", "-CAfile", File_("trust/root-ca.cer.pem"), "-untrusted", File_("issuing-ca.cer.pem"), File_("ocsp.cer.pem")],
                ["verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "localhost", "-CAfile", File_("trust/root-ca.cer.pem"), File_("tls.cer.pem")],
            })
                Assert.EndsWith(": OK", Tool.Run("openssl", arguments).Text.Trim(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--port-base takes a number", "--port-base", "99999")]
    [InlineData("--port-base takes a number", "--port-base", "80")]
    [InlineData("--port-base takes a number", "--port-base", "x")]
    [InlineData("--port-base takes a number", "--port-base")]
    [InlineData("--data takes a directory", "--data=")]
    [InlineData("--seed-demo takes true or false", "--seed-demo", "maybe")]
    [InlineData("'--verbose' is not an option", "--verbose")]
    public void Wrong_usage_is_2(string problem, params string[] options)
    {
        var result = Tool.Run("dotnet", [DevHostProcess.Program, .. options]);
        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith(problem, result.Error, StringComparison.Ordinal);
        Assert.Contains("--port-base N", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_agency_named_in_the_environment_is_read_and_one_that_cannot_be_is_said_in_a_line()
    {
        var result = Tool.RunWith("dotnet", [DevHostProcess.Program, "--port-base", $"{DevHostProcess.FreePortBase()}", "--data", _folder.Path],
            environment: new Dictionary<string, string> { ["Signing__Agencies__1__ClientId"] = "my-agency" }, timeout: TimeSpan.FromMinutes(2));
        Assert.Equal(1, result.ExitCode);
        Assert.Equal($"Signing could not start: Signing:Agencies:1:Name must have 1 to 200 characters. (details: {Path.Combine(_folder.Path, "logs", "start.log")})\n", result.Error);
    }

    [Fact]
    public void Help_is_0()
    {
        var result = Tool.Run("dotnet", DevHostProcess.Program, "--help");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("Ctrl+C ends it", result.Output, StringComparison.Ordinal);
    }
}

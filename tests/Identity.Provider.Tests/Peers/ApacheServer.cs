using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Identity.TestKit;

namespace Identity.Provider.Peers;

/// <summary>
/// Debian's Apache with mod_auth_openidc in a folder of its own on a free loopback port: a page below /protected that needs a login, and the
/// login's claims in the answer's headers.
/// </summary>
internal sealed class ApacheServer : IDisposable
{
    private const string Module = "/usr/lib/apache2/modules/mod_auth_openidc.so";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly string folder = Directory.CreateTempSubdirectory("identity-apache-").FullName;
    private Process? process;

    /// <param name="port">Known before the client can be registered.</param>
    /// <param name="settings">Lines of configuration that differ; <c>{folder}</c> stands for the folder.</param>
    /// <param name="files">Files that they name.</param>
    public static async Task<ApacheServer> Start(int port, string issuer, string settings, params (string Name, string Text)[] files)
    {
        if (!File.Exists(Module))
            Tool.Missing("libapache2-mod-auth-openidc; tests/run.sh installs it");
        var server = new ApacheServer { Port = port };
        foreach (var (name, text) in files)
            await File.WriteAllTextAsync(Path.Combine(server.folder, name), text);
        var configuration = server.Configuration(issuer, settings.Replace("{folder}", server.folder, StringComparison.Ordinal));
        await File.WriteAllTextAsync(Path.Combine(server.folder, "httpd.conf"), configuration);
        Directory.CreateDirectory(Path.Combine(server.folder, "pages", "protected"));
        await File.WriteAllTextAsync(Path.Combine(server.folder, "pages", "protected", "page"), "protected page");
        // The worker runs as another account when this is root's.
        Tool.Run("chmod", "755", server.folder, Path.Combine(server.folder, "pages"), Path.Combine(server.folder, "pages", "protected"));
        await server.Launch();
        return server;
    }

    private int Port { get; init; }

    public string Origin => $"http://localhost:{Port}";

    public string Log => File.ReadAllText(Path.Combine(folder, "error.log"));

    public static string RedirectUri(int port) => $"http://localhost:{port}/protected/redirect_uri";

    public static string LogoutUri(int port) => RedirectUri(port) + "?logout=backchannel";

    public void Dispose()
    {
        if (process is { HasExited: false })
        {
            // Its end takes its workers with it; a kill would leave them.
            Tool.Run("kill", "-TERM", process.Id.ToString(CultureInfo.InvariantCulture));
            if (!process.WaitForExit(TimeSpan.FromSeconds(20)))
                process.Kill(entireProcessTree: true);
        }

        process?.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task Launch()
    {
        process = Process.Start(new ProcessStartInfo(Tool.Require("apache2"), ["-d", folder, "-f", Path.Combine(folder, "httpd.conf"), "-DFOREGROUND"])
        {
            RedirectStandardError = true,
        })!;
        var complaints = process.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(Patience);
        while (!await Answers(deadline.Token))
        {
            if (process.HasExited)
                throw new InvalidOperationException("Apache ended: " + await complaints);
            await Task.Delay(TimeSpan.FromMilliseconds(100), deadline.Token);
        }
    }

    private async Task<bool> Answers(CancellationToken cancellation)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, Port, cancellation);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private string Configuration(string issuer, string settings) => $$"""
        ServerName localhost
        Listen 127.0.0.1:{{Port}}
        PidFile {{folder}}/httpd.pid
        Mutex file:{{folder}} default
        ErrorLog {{folder}}/error.log
        LogLevel warn auth_openidc:info
        User www-data
        Group www-data
        LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
        LoadModule authn_core_module /usr/lib/apache2/modules/mod_authn_core.so
        LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
        LoadModule authz_user_module /usr/lib/apache2/modules/mod_authz_user.so
        LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so
        LoadModule auth_openidc_module {{Module}}
        StartServers 1
        ThreadsPerChild 8
        MaxRequestWorkers 8
        DocumentRoot {{folder}}/pages
        OIDCProviderMetadataURL {{issuer}}.well-known/openid-configuration
        OIDCRedirectURI {{RedirectUri(Port)}}
        OIDCCryptoPassphrase a-passphrase-of-this-test-and-no-other
        OIDCScope "openid profile"
        OIDCPKCEMethod S256
        OIDCRemoteUserClaim sub
        OIDCPassClaimsAs environment
        OIDCProviderBackChannelLogoutSupported On
        {{settings}}
        <Location /protected>
          AuthType openid-connect
          Require valid-user
          Header set X-User "expr=%{REMOTE_USER}"
          Header set X-Name "%{OIDC_CLAIM_name}e"
        </Location>

        """;
}

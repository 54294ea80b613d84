using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Identity.TestKit;

namespace Identity.Provider.Peers;

/// <summary>
/// A program made with somebody else's library, which talks by lines of JSON: the first line that it reads says what it needs to know. It never
/// sees a browser; where one is needed it prints the address, and the test plays the person and hands it what came back.
/// </summary>
internal sealed class PeerScript : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly Process process;
    private readonly StringBuilder complaints = new();

    private PeerScript(string program, string script)
    {
        process = new Process
        {
            StartInfo = new ProcessStartInfo(Tool.Require(program), [script])
            {
                RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8,
            },
        };
        process.ErrorDataReceived += (_, line) =>
        {
            lock (complaints)
                complaints.AppendLine(line.Data);
        };
        // Plain http on loopback: Authlib's own switch.
        process.StartInfo.Environment["AUTHLIB_INSECURE_TRANSPORT"] = "1";
        process.Start();
        process.BeginErrorReadLine();
    }

    /// <summary>Where the npm packages are installed, and so the scripts that use them.</summary>
    public static string NpmFolder
    {
        get
        {
            var clients = Path.Combine(Repository.Root, "tests", "Identity.Journeys", "clients");
            if (!Directory.Exists(Path.Combine(clients, "node_modules", "oauth4webapi")))
                Tool.Missing("npm packages of tests/Identity.Journeys/clients; tests/run.sh installs them");
            return clients;
        }
    }

    public static async Task<PeerScript> Node(string script, JsonObject setup) => await Started(new PeerScript("node", Path.Combine(NpmFolder, script)), setup);

    /// <summary>Debian's Python: another one on the path knows nothing of Debian's packages.</summary>
    public static async Task<PeerScript> Python(string script, JsonObject setup)
    {
        if (!File.Exists("/usr/lib/python3/dist-packages/authlib/__init__.py"))
            Tool.Missing("python3-authlib; tests/run.sh installs it");
        return await Started(new PeerScript("/usr/bin/python3", Path.Combine(Repository.Root, "tests", "Identity.Provider.Tests", "Peers", script)), setup);
    }

    private static async Task<PeerScript> Started(PeerScript peer, JsonObject setup)
    {
        await peer.Write(setup.ToJsonString());
        return peer;
    }

    public async Task Write(string line)
    {
        await process.StandardInput.WriteLineAsync(line);
        await process.StandardInput.FlushAsync();
    }

    public async Task<JsonNode> Read()
    {
        var line = await process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        if (line is null)
            await process.WaitForExitAsync().WaitAsync(Patience);
        return JsonNode.Parse(line ?? throw new InvalidOperationException($"{process.StartInfo.ArgumentList[0]} ended without an answer: {complaints}"))!;
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        if (!process.WaitForExit(TimeSpan.FromSeconds(5)))
            process.Kill(entireProcessTree: true);
        process.Dispose();
    }
}

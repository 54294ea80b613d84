using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Identity.TestKit;

namespace Identity.Signing.Tests.Appearances;

/// <summary>ISO 19005-2 and -3, level B: what signing adds to an archival document, object by object as qpdf reads them, keeps what these parts ask.</summary>
public sealed class ArchivalStructureTests(SigningSystem system) : IClassFixture<SigningSystem>
{
    private const int Invisible = 1;
    private const int Hidden = 2;
    private const int Print = 4;
    private const int NoView = 32;
    private const int ToggleNoView = 256;

    private static readonly Dictionary<string, (Action<JsonObject> Change, string Fault)> Bad = new()
    {
        ["no flags"] = (w => w.Remove("/F"), "6.3.2: flags"),
        ["not printed"] = (w => w["/F"] = 128, "6.3.2: flags"),
        ["hidden"] = (w => w["/F"] = Print | Hidden, "6.3.2: flags"),
        ["invisible"] = (w => w["/F"] = Print | Invisible, "6.3.2: flags"),
        ["not viewed"] = (w => w["/F"] = Print | NoView, "6.3.2: flags"),
        ["viewed at times"] = (w => w["/F"] = Print | ToggleNoView, "6.3.2: flags"),
        ["no appearance"] = (w => w.Remove("/AP"), "6.3.3: appearance"),
        ["a second appearance"] = (w => w["/AP"]!["/D"] = w["/AP"]!["/N"]!.DeepClone(), "6.3.3: appearance"),
        ["an action"] = (w => w["/A"] = new JsonObject { ["/S"] = "/JavaScript" }, "6.4.1: action"),
        ["an additional action"] = (w => w["/AA"] = new JsonObject(), "6.4.1: action"),
        ["a transparency group"] = (w => Form(w)["/Group"] = new JsonObject { ["/S"] = "/Transparency" }, "6.2.10: transparency"),
        ["a soft mask"] = (w => Resources(w)["/ExtGState"] = new JsonObject { ["/G"] = new JsonObject { ["/SMask"] = new JsonObject() } }, "6.2.10: transparency"),
        ["half opacity"] = (w => Resources(w)["/ExtGState"] = new JsonObject { ["/G"] = new JsonObject { ["/ca"] = 0.5 } }, "6.2.10: transparency"),
        ["a blend mode"] = (w => Resources(w)["/ExtGState"] = new JsonObject { ["/G"] = new JsonObject { ["/BM"] = "/Multiply" } }, "6.2.10: transparency"),
        ["a picture with a mask"] = (w => Resources(w)["/XObject"] = new JsonObject { ["/I"] = new JsonObject { ["/Subtype"] = "/Image", ["/SMask"] = new JsonObject() } }, "6.2.10: transparency"),
        ["a font that is not embedded"] = (w => Fonts(w).ForEach(f => Descriptor(f).Remove("/FontFile2")), "6.2.11.4: font not embedded"),
        ["a font without Unicode"] = (w => Fonts(w).ForEach(f => f.Remove("/ToUnicode")), "6.2.11.7: ToUnicode"),
        ["a font without a way to its glyphs"] = (w => Fonts(w).ForEach(f => f["/DescendantFonts"]![0]!.AsObject().Remove("/CIDToGIDMap")), "6.2.11.3: CIDToGIDMap"),
        ["a PostScript object"] = (w => Form(w)["/PS"] = "x", "6.2.9: PostScript or reference"),
    };

    public static TheoryData<string> BadOnes() => [.. Bad.Keys];

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_signing_adds_to_an_archival_document_keeps_its_part(int part)
    {
        system.Reset();
        var document = Office.Pdf(string.Create(CultureInfo.InvariantCulture, $"{{\"SelectPdfVersion\":{{\"type\":\"long\",\"value\":\"{part}\"}}}}"));
        var before = new Objects(document);
        Assert.Contains($"<pdfaid:part>{part}</pdfaid:part>", before.Metadata, StringComparison.Ordinal);

        system.Provider.Person = new StandInPerson($"pairwise-pdfa-{part}", "PNOXX-48504210020", "Õnne \u05D3", "陈");
        foreach (var signature in new[] { """{"visible":{}}""", "{}" })
            document = await Sign(document, signature);

        var after = new Objects(document);
        // 6.6.2, 6.2.3: what says which part this is, and what its colours mean, is as it was.
        Assert.Equal(before.Metadata, after.Metadata);
        Assert.Equal(before.Text(before.Catalog["/OutputIntents"]), after.Text(after.Catalog["/OutputIntents"]));
        // 6.4, 6.4.2, 6.1.12 of the catalogue.
        foreach (var none in new[] { "/AA", "/OpenAction", "/NeedsRendering", "/Requirements" })
            Assert.Equal(before.Catalog.ContainsKey(none), after.Catalog.ContainsKey(none));
        Assert.False(after.Of(after.Catalog["/AcroForm"]).ContainsKey("/XFA"));
        Assert.NotEqual(true, (bool?)after.Of(after.Catalog["/AcroForm"])["/NeedAppearances"]);

        var fields = after.Of(after.Catalog["/AcroForm"])["/Fields"]!.AsArray().Select(field => after.Whole(field, 12)!.AsObject()).ToList();
        Assert.True(fields.Count >= 2);
        Assert.All(fields, field => Assert.Null(Fault(field)));
        Assert.Contains(fields, field => field["/AP"] is not null && Fonts(field).Count > 0);
    }

    [Theory]
    [MemberData(nameof(BadOnes))]
    public void What_these_parts_forbid_is_found(string what)
    {
        var widget = Good();
        Assert.Null(Fault(widget));
        Bad[what].Change(widget);
        Assert.Equal(Bad[what].Fault, Fault(widget));
    }

    /// <summary>What a signature's widget breaks of ISO 19005-2 (and -3, which has the same clauses); null: nothing. References are resolved.</summary>
    private static string? Fault(JsonObject widget)
    {
        if ((int?)widget["/F"] is not { } flags || (flags & Print) == 0 || (flags & (Invisible | Hidden | NoView | ToggleNoView)) != 0)
            return "6.3.2: flags";
        if (widget.ContainsKey("/A") || widget.ContainsKey("/AA"))
            return "6.4.1: action";
        // 6.3.3: not of one without extent.
        var rectangle = widget["/Rect"]!.AsArray().Select(number => (double)number!).ToList();
        if (rectangle[0] == rectangle[2] && rectangle[1] == rectangle[3] && widget["/AP"] is null)
            return null;
        if (widget["/AP"] is not JsonObject appearance || appearance.Count != 1 || appearance["/N"]?["/Subtype"]?.GetValue<string>() != "/Form")
            return "6.3.3: appearance";
        return Dictionaries(Form(widget)).Select(FaultOfDrawing).FirstOrDefault(fault => fault is not null);
    }

    private static string? FaultOfDrawing(JsonObject dictionary)
    {
        if (dictionary["/Subtype"]?.ToString() == "/PS" || dictionary.ContainsKey("/PS") || dictionary.ContainsKey("/Ref"))
            return "6.2.9: PostScript or reference";
        if (dictionary.ContainsKey("/Group") || dictionary["/SMask"] is { } mask && mask.ToString() != "/None" || dictionary["/BM"] is { } blend && blend.ToString() is not ("/Normal" or "/Compatible")
            || new[] { "/ca", "/CA" }.Any(opacity => dictionary["/Type"]?.ToString() is not "/Annot" && dictionary[opacity] is JsonValue value && (double)value != 1))
            return "6.2.10: transparency";
        if (dictionary["/Type"]?.ToString() != "/Font")
            return null;
        if (dictionary["/Subtype"]?.ToString() is "/Type0")
            return dictionary.ContainsKey("/ToUnicode") ? null : "6.2.11.7: ToUnicode";
        if (dictionary["/FontDescriptor"] is not JsonObject descriptor || !descriptor.ContainsKey("/FontFile2") && !descriptor.ContainsKey("/FontFile3"))
            return "6.2.11.4: font not embedded";
        return dictionary["/Subtype"]?.ToString() == "/CIDFontType2" && !dictionary.ContainsKey("/CIDToGIDMap") ? "6.2.11.3: CIDToGIDMap" : null;
    }

    private static IEnumerable<JsonObject> Dictionaries(JsonNode? node) => node switch
    {
        JsonObject one => one.SelectMany(member => Dictionaries(member.Value)).Prepend(one),
        JsonArray many => many.SelectMany(Dictionaries),
        _ => [],
    };

    private static JsonObject Form(JsonObject widget) => widget["/AP"]!["/N"]!.AsObject();

    private static JsonObject Resources(JsonObject widget) => Form(widget)["/Resources"]!.AsObject();

    private static List<JsonObject> Fonts(JsonObject widget) => widget["/AP"] is null ? [] : [.. Dictionaries(Form(widget)).Where(one => one["/Subtype"]?.ToString() == "/Type0")];

    private static JsonObject Descriptor(JsonObject font) => font["/DescendantFonts"]![0]!["/FontDescriptor"]!.AsObject();

    private static JsonObject Good() => JsonNode.Parse("""
        {"/Type":"/Annot","/Subtype":"/Widget","/FT":"/Sig","/F":132,"/Rect":[10,10,110,60],"/AP":{"/N":{"/Type":"/XObject","/Subtype":"/Form","/Resources":{"/Font":{"/F0":
        {"/Type":"/Font","/Subtype":"/Type0","/ToUnicode":{},"/DescendantFonts":[{"/Type":"/Font","/Subtype":"/CIDFontType2","/CIDToGIDMap":"/Identity","/FontDescriptor":{"/Type":"/FontDescriptor","/FontFile2":{}}}]}}}}}}
        """)!.AsObject();

    private async Task<byte[]> Sign(byte[] document, string signature)
    {
        using var answer = await system.PostRequest(document, signature: signature);
        var id = (await SigningSystem.Json(answer))["id"]!.GetValue<string>();
        using var browser = system.NewBrowser();
        await SigningSystem.Approve(browser, id);
        var ended = await system.Ended(id);
        Assert.True(ended["status"]!.GetValue<string>() == "signed", ended.ToJsonString());
        using var client = system.AgencyClient();
        return await client.GetByteArrayAsync($"requests/{id}/document", SigningSystem.Cancellation);
    }

    /// <summary>A file as <c>qpdf --json</c> tells it.</summary>
    private sealed class Objects
    {
        private readonly JsonObject all;

        public Objects(byte[] file)
        {
            var path = Path.GetTempFileName();
            try
            {
                File.WriteAllBytes(path, file);
                var told = Tool.Run("qpdf", "--json=2", "--json-key=qpdf", "--json-stream-data=inline", "--decode-level=generalized", path);
                Assert.Equal(0, told.ExitCode);
                all = JsonNode.Parse(told.Output, documentOptions: new JsonDocumentOptions { MaxDepth = 512 })!["qpdf"]![1]!.AsObject();
            }
            finally
            {
                File.Delete(path);
            }

            Catalog = Of(all["trailer"]!["value"]!["/Root"]);
        }

        public JsonObject Catalog { get; }

        /// <summary>XMP, as it is in the file.</summary>
        public string Metadata => System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(all["obj:" + Catalog["/Metadata"]]!["stream"]!["data"]!.GetValue<string>()));

        public JsonObject Of(JsonNode? value) => Resolved(value)!.AsObject();

        public string Text(JsonNode? value) => Whole(value, 6)?.ToJsonString() ?? "";

        /// <summary>The value with what it refers to in its place, so deep; what leads back to pages and parents is left out.</summary>
        public JsonNode? Whole(JsonNode? value, int depth) => Resolved(value) switch
        {
            _ when depth == 0 => null,
            JsonObject one => new JsonObject(one.Where(member => member.Key is not ("/P" or "/Parent" or "/V" or "/StructParent")).Select(member => KeyValuePair.Create(member.Key, Whole(member.Value, depth - 1)))),
            JsonArray many => new JsonArray([.. many.Select(element => Whole(element, depth - 1))]),
            { } simple => simple.DeepClone(),
            null => null,
        };

        private JsonNode? Resolved(JsonNode? value) => value is JsonValue text && text.TryGetValue<string>(out var reference) && all["obj:" + reference] is { } found
            ? found["value"] ?? found["stream"]!["dict"]
            : value;
    }
}

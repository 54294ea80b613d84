using System.Globalization;
using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>One use of an object: the object that names it, and the keys (array positions as [n]) from there to it.</summary>
/// <param name="From">Null when it is the trailer.</param>
public sealed record ObjectUse(ObjectId? From, string Path);

/// <summary>What a view's objects have to do with each other: who uses whom, and which page or field an object serves.</summary>
public sealed class ObjectClosure
{
    // Objects known by number; generations that do not match were refused when the document was read.
    private readonly Dictionary<int, List<int>> users = [];
    private readonly Dictionary<int, List<int>> ownUsers = [];
    private readonly Dictionary<int, int> firstUser = [];
    private readonly Lazy<Dictionary<int, int>> pageNumbers;
    private readonly Lazy<HashSet<int>> pageTreeNodes;
    private readonly Lazy<Dictionary<int, int>> firstPages;
    private readonly Lazy<Dictionary<int, List<string>>> fieldNames;
    private const int Trailer = 0;

    internal ObjectClosure(RevisionView view)
    {
        View = view;
        pageNumbers = new(() => PageNumbers(view));
        pageTreeNodes = new(() => [.. view.Pages.Pages.SelectMany(page => page.Path).Select(id => id.Number)]);
        firstPages = new(FirstPages);
        fieldNames = new(() => FieldNames(view));
        Walk();
    }

    public RevisionView View { get; }

    /// <summary>The targets of every reference of every reachable object, each once.</summary>
    internal HashSet<ObjectId> References { get; } = [];

    /// <summary>Reachable from the trailer (Root, Info).</summary>
    public bool Contains(ObjectId id) => firstUser.ContainsKey(id.Number) && View.Definition(id) is not null;

    /// <summary>Something reachable names the object, whether or not there is one.</summary>
    public bool Names(ObjectId id) => References.Contains(id);

    /// <summary>A reachable object names the object, other than those that are let pass; the trailer does not count.</summary>
    public bool IsNamedBesides(ObjectId id, Func<int, bool> among) => (users.GetValueOrDefault(id.Number) ?? []).Any(user => user != Trailer && !among(user));

    /// <summary>Every place that names the object, among reachable objects and the trailer.</summary>
    public IReadOnlyList<ObjectUse> UsesOf(ObjectId id)
    {
        var uses = new List<ObjectUse>();
        foreach (var user in users.GetValueOrDefault(id.Number) ?? [])
        {
            foreach (var path in PathsTo(ValueOf(user), id.Number))
                uses.Add(new ObjectUse(user == Trailer ? null : IdOf(user), path));
        }
        return uses;
    }

    /// <summary>Pages from which the object is reached without going through Parent or another page, or through what they inherit; by page number.</summary>
    public IReadOnlyList<int> PagesOf(ObjectId id) => PagesOf([id]);

    /// <summary>The same of several objects: one walk over the references, however many there are.</summary>
    public IReadOnlyList<int> PagesOf(IEnumerable<ObjectId> ids)
    {
        var found = new SortedSet<int>();
        var inheriting = new HashSet<ObjectId>();
        var own = ids.Select(id => id.Number).ToHashSet();
        Upwards(own, number =>
        {
            if (pageNumbers.Value.TryGetValue(number, out var page))
                return found.Add(page) || true;
            // 7.7.3.4: what a node of the page tree uses, the pages below it inherit. Kids is no such use.
            return pageTreeNodes.Value.Contains(number) && (own.Contains(number) || inheriting.Add(IdOf(number)) || true);
        });
        if (inheriting.Count > 0)
            found.UnionWith(View.Pages.Pages.Where(page => page.Path.Any(inheriting.Contains)).Select(page => page.Number));
        return [.. found];
    }

    /// <summary>The first page from which the object is reached as <see cref="PagesOf(ObjectId)"/> says; null when none. All are found in one walk, at the first call.</summary>
    public int? FirstPageOf(ObjectId id) => firstPages.Value.TryGetValue(id.Number, out var page) ? page : null;

    /// <summary>Full names of the fields that the object is part of: field, widget, or reached from them without Parent or P.</summary>
    public IReadOnlyList<string> FieldsOf(ObjectId id)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        Upwards([id.Number], number =>
        {
            if (fieldNames.Value.TryGetValue(number, out var names))
                found.UnionWith(names);
            return fieldNames.Value.ContainsKey(number) || pageNumbers.Value.ContainsKey(number);
        });
        return [.. found];
    }

    /// <summary>A shortest path from the trailer to the object, for instance `Root/Pages/Kids[0]/Contents`; null when unreachable.</summary>
    public string? PathTo(ObjectId id)
    {
        if (!Contains(id))
            return null;
        var parts = new Stack<string>();
        for (var number = id.Number; number != Trailer; number = firstUser[number])
            parts.Push(PathsTo(ValueOf(firstUser[number]), number).First());
        return string.Join('/', parts);
    }

    private void Walk()
    {
        var queue = new Queue<int>();
        queue.Enqueue(Trailer);
        var targets = new HashSet<ObjectId>();
        while (queue.TryDequeue(out var user))
        {
            targets.Clear();
            var value = user == Trailer ? View.Revision.Trailer : View.Document.Table.At(user, View.Revision.Number)!.PassingValue;
            targets.UnionWith(ReferenceWalk.From(value));
            foreach (var target in targets)
            {
                References.Add(target);
                Add(users, target.Number, user);
                if (firstUser.TryAdd(target.Number, user) && View.Definition(target) is not null)
                    queue.Enqueue(target.Number);
            }
            if (user == Trailer)
                continue;
            targets.Clear();
            targets.UnionWith(ReferenceWalk.From(value, "Parent", "P"));
            foreach (var target in targets)
                Add(ownUsers, target.Number, user);
        }
    }

    /// <summary>Visits the objects and what uses them, but nothing above an object at which <paramref name="stop"/> says so.</summary>
    private void Upwards(IReadOnlyCollection<int> starts, Func<int, bool> stop)
    {
        var seen = new HashSet<int>(starts);
        var queue = new Queue<int>(starts);
        while (queue.TryDequeue(out var number))
        {
            if (stop(number))
                continue;
            foreach (var user in ownUsers.GetValueOrDefault(number) ?? [])
            {
                if (seen.Add(user))
                    queue.Enqueue(user);
            }
        }
    }

    private Dictionary<int, int> FirstPages()
    {
        var first = new Dictionary<int, int>(pageNumbers.Value);
        // Many pages inherit the same values.
        var walked = new HashSet<PdfObject>(ReferenceEqualityComparer.Instance);
        var queue = new Queue<PdfObject>();
        foreach (var page in View.Pages.Pages)
        {
            queue.Enqueue(page.Dictionary);
            foreach (var inherited in page.Inherited.Values.Where(walked.Add))
                queue.Enqueue(inherited);
            while (queue.TryDequeue(out var value))
            {
                foreach (var target in ReferenceWalk.From(value, "Parent", "P"))
                {
                    if (!pageTreeNodes.Value.Contains(target.Number) && first.TryAdd(target.Number, page.Number) && View.Definition(target) is { } definition)
                        queue.Enqueue(definition.PassingValue);
                }
            }
        }
        return first;
    }

    private PdfObject ValueOf(int number) => number == Trailer ? View.Revision.Trailer : View.Document.Table.At(number, View.Revision.Number)!.Value;

    private ObjectId IdOf(int number) => View.Document.Table.At(number, View.Revision.Number)!.Id;

    private static void Add(Dictionary<int, List<int>> map, int key, int value)
    {
        if (!map.TryGetValue(key, out var list))
            map.Add(key, list = []);
        list.Add(value);
    }

    private static IEnumerable<string> PathsTo(PdfObject value, int target)
    {
        var stack = new Stack<(PdfObject Value, string Path)>();
        stack.Push((value, ""));
        while (stack.TryPop(out var current))
        {
            switch (current.Value)
            {
                case PdfReference reference when reference.Target.Number == target:
                    yield return current.Path;
                    break;
                case PdfArray array:
                    for (var at = array.Count - 1; at >= 0; at--)
                    {
                        if (array[at] is PdfReference or PdfArray or PdfDictionary)
                            stack.Push((array[at], current.Path + "[" + at.ToString(CultureInfo.InvariantCulture) + "]"));
                    }
                    break;
                case PdfStream stream:
                    stack.Push((stream.Dictionary, current.Path));
                    break;
                case PdfDictionary dictionary:
                    for (var at = dictionary.Entries.Count - 1; at >= 0; at--)
                    {
                        var (key, item) = dictionary.Entries[at];
                        if (item is PdfReference or PdfArray or PdfDictionary)
                            stack.Push((item, current.Path.Length == 0 ? key.Value : current.Path + "/" + key.Value));
                    }
                    break;
            }
        }
    }

    private static Dictionary<int, int> PageNumbers(RevisionView view)
    {
        var numbers = new Dictionary<int, int>();
        foreach (var page in view.Pages.Pages)
        {
            if (page.Id is { } id)
                numbers.TryAdd(id.Number, page.Number);
        }
        return numbers;
    }

    private static Dictionary<int, List<string>> FieldNames(RevisionView view)
    {
        var names = new Dictionary<int, List<string>>();
        foreach (var field in view.Form.Fields)
        {
            var own = field.Widgets.Select(widget => widget.Id).Append(field.Id).OfType<ObjectId>().Distinct();
            foreach (var id in own)
                Add(names, id.Number, field.FullName);
        }
        return names;
    }

    private static void Add(Dictionary<int, List<string>> map, int key, string value)
    {
        if (!map.TryGetValue(key, out var list))
            map.Add(key, list = []);
        list.Add(value);
    }
}

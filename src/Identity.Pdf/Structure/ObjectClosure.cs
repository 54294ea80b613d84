using Identity.Pdf.Syntax;

namespace Identity.Pdf.Structure;

/// <summary>One use of an object: the object that names it and the keys (array positions as [n]) from there to it.</summary>
/// <param name="From">Null when it is the trailer.</param>
public sealed record ObjectUse(ObjectId? From, string Path);

/// <summary>What a view's objects have to do with each other: who uses whom, and which page or field an object serves.</summary>
public sealed class ObjectClosure
{
    internal ObjectClosure(RevisionView view) => View = view;

    public RevisionView View { get; }

    /// <summary>Reachable from the trailer (Root, Info).</summary>
    public bool Contains(ObjectId id) => throw new NotImplementedException();

    /// <summary>Every place that names the object, among reachable objects and the trailer.</summary>
    public IReadOnlyList<ObjectUse> UsesOf(ObjectId id) => throw new NotImplementedException();

    /// <summary>Pages from which the object is reached without going through Parent or another page; by page number.</summary>
    public IReadOnlyList<int> PagesOf(ObjectId id) => throw new NotImplementedException();

    /// <summary>Full names of the fields that the object is part of: field, widget, or reached from them without Parent, P or Kids.</summary>
    public IReadOnlyList<string> FieldsOf(ObjectId id) => throw new NotImplementedException();

    /// <summary>A path from the trailer to the object, for instance `Root/Pages/Kids[0]/Contents`; null when unreachable.</summary>
    public string? PathTo(ObjectId id) => throw new NotImplementedException();
}

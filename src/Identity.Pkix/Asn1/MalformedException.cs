namespace Identity.Pkix.Asn1;

/// <summary>
/// The one exception that a reader of this project throws for input from outside: wrong encoding, a cap exceeded, a structure that the
/// standard does not allow. The message names the structure and never repeats input.
/// </summary>
public sealed class MalformedException : Exception
{
    public MalformedException(string message) : base(message) { }

    public MalformedException(string message, Exception inner) : base(message, inner) { }
}

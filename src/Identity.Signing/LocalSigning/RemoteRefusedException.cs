namespace Identity.Signing.LocalSigning;

/// <summary>The service or the Provider did not do what was asked; the word is for programs, the text for people.</summary>
public sealed class RemoteRefusedException(string word, string text, Exception? inner = null) : Exception(text, inner)
{
    public string Word => word;
}

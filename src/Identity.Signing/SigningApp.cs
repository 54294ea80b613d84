namespace Identity.Signing;

/// <summary>A person signs a PDF.</summary>
public static class SigningApp
{
    public static WebApplication Build(string[] args) => throw new NotImplementedException();
}

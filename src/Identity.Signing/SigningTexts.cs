namespace Identity.Signing;

/// <summary>Every text that this service shows: SigningTexts.resx, .et.resx, .zh-Hans.resx.</summary>
public sealed class SigningTexts;

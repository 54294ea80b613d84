namespace Identity.Web;

/// <summary>Names the texts of the shared pages: WebTexts.resx, .et.resx, .zh-Hans.resx.</summary>
public sealed class WebTexts
{
}

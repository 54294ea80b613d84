namespace Identity.Signing.Agencies;

/// <summary>
/// `{id:bearer}`: matches requests with an access token only, so that one address serves the agency's program and, without a
/// token, the person's browser.
/// </summary>
internal sealed class BearerConstraint : IRouteConstraint
{
    public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
        httpContext is not null && AgencyToken.SchemeOf(httpContext.Request) is not null;
}

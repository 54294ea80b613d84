using Identity.Signing.Requests;

namespace Identity.Signing.Approvals;

/// <summary>What one approval is asked for: a request, or the documents of a batch that are still to be signed, in their order.</summary>
/// <param name="IsBatch">Whether <paramref name="Id"/> is a batch's.</param>
/// <param name="Requests">Empty when only the name is known.</param>
public sealed record ApprovalSubject(bool IsBatch, string Id, IReadOnlyList<SigningRequest> Requests)
{
    private const string RequestPath = "/requests/";
    private const string BatchPath = "/batches/";

    /// <summary>The page where it is seen.</summary>
    public string Path => (IsBatch ? BatchPath : RequestPath) + Id;

    public static ApprovalSubject Of(SigningRequest request) => new(false, request.Id, [request]);

    /// <summary>What <see cref="Path"/> gave; null for anything else.</summary>
    public static ApprovalSubject? Read(string? path)
    {
        var batch = path?.StartsWith(BatchPath, StringComparison.Ordinal) == true;
        var id = path is null ? null : batch ? path[BatchPath.Length..] : path.StartsWith(RequestPath, StringComparison.Ordinal) ? path[RequestPath.Length..] : null;
        return RequestId.IsOne(id) ? new ApprovalSubject(batch, id!, []) : null;
    }
}

using Identity.Audit;
using Identity.Pdf.Structure;
using Identity.Signing.Documents;
using Identity.Signing.Lint;
using Identity.Signing.Pades;
using Identity.Signing.Requests;
using Identity.Signing.SignIn;

namespace Identity.Signing.Ceremonies;

public abstract record RequestOpened
{
    private RequestOpened() { }

    public sealed record Done(string RequestId) : RequestOpened;

    /// <summary>It is not this place's turn, or the ceremony is over.</summary>
    public sealed record NotNow : RequestOpened;

    /// <summary>The stored document is not what it was.</summary>
    public sealed record DocumentChanged : RequestOpened;
}

/// <summary>
/// Gives a signer the document as it stands: an ordinary signing request for the bytes with all signatures so far, so that what is shown, hashed,
/// approved and named in the signer's certificate is exactly what is signed. When another signature comes first, the request is replaced and the
/// person reads and approves anew.
/// </summary>
public sealed class SignerRequests(CeremonyStore ceremonies, RequestStore requests, DocumentStore documents, AuditLog audit, TimeProvider time)
{
    private const int MostTries = 5;

    public async Task<RequestOpened> Open(string placeId, SignedInPerson person, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < MostTries; attempt++)
        {
            if (await ceremonies.FindPlace(placeId, cancellation) is not { } found || found.Place.State != PlaceState.Turn
                || found.Ceremony.Ceremony is not { State: CeremonyState.Open } ceremony || ceremony.Deadline <= time.GetUtcNow())
                return new RequestOpened.NotNow();
            if (found.Place.RequestId is { } before && await requests.Find(before, cancellation) is { } request && IsFor(request, ceremony))
                return new RequestOpened.Done(before);
            using var document = await Current(ceremony, cancellation);
            if (document is null)
            {
                audit.Append(new DocumentFoundChanged(ceremony.Id, Convert.ToHexStringLower(ceremony.DocumentSha256)));
                return new RequestOpened.DocumentChanged();
            }

            if (await Put(ceremony, found.Place, person, document, cancellation) is { } made)
                return new RequestOpened.Done(made);
        }

        return new RequestOpened.NotNow();
    }

    /// <summary>The document with the signatures that it has got, or null when a file is not what it was. The caller closes it.</summary>
    public async Task<DocumentBytes?> Current(Ceremony ceremony, CancellationToken cancellation)
    {
        if (ceremony.CurrentRequestId is null)
            return await documents.OpenReceivedUnchanged(ceremony.Id, ceremony.DocumentLength, ceremony.DocumentSha256, cancellation);
        return await requests.Find(ceremony.CurrentRequestId, cancellation) is { State: RequestState.Signed } last ? await documents.OpenSignedUnchanged(last, cancellation) : null;
    }

    internal static bool IsFor(SigningRequest request, Ceremony ceremony) =>
        ceremony.State == CeremonyState.Open && request.CeremonyRevision == ceremony.Revision && request.State != RequestState.Superseded;

    private async Task<string?> Put(Ceremony ceremony, SignerPlace place, SignedInPerson person, DocumentBytes document, CancellationToken cancellation)
    {
        var staged = documents.Stage(document);
        var kept = false;
        try
        {
            // As it stands now: a signature may show something too.
            var examination = DocumentAcceptance.Examine(document, cancellation, RequestedForm.Stored(place.Form));
            documents.Keep(staged);
            audit.Append(new CeremonyRequestMade(ceremony.Id, place.Id, staged.Id, Convert.ToHexStringLower(staged.Sha256)));
            kept = await ceremonies.PutRequest(place, ToRequest(ceremony, place, person, staged, examination), person.Name, cancellation);
            return kept ? staged.Id : null;
        }
        finally
        {
            if (!kept)
                documents.Discard(staged);
        }
    }

    private SigningRequest ToRequest(Ceremony ceremony, SignerPlace place, SignedInPerson person, DocumentReceived.Staged document, DocumentExamination examination) => new()
    {
        Id = document.Id,
        State = RequestState.Received,
        Level = PadesLevel.T,
        AgencyId = ceremony.AgencyId,
        Requester = ceremony.Requester,
        Purpose = ceremony.Purpose,
        FileName = ceremony.FileName,
        DocumentSha256 = document.Sha256,
        DocumentLength = document.Length,
        ReturnUrl = ceremony.ReturnUrl,
        RequiredSigner = place.Identifier,
        PersonSubject = person.Subject,
        PersonIdentifier = person.Identifier,
        Form = place.Form,
        Examination = examination.ToJson(),
        CeremonyId = ceremony.Id,
        PlaceId = place.Id,
        CeremonyRevision = ceremony.Revision,
        CreatedAt = SigningRequest.Moment(time),
        ExpiresAt = ceremony.Deadline,
    };
}

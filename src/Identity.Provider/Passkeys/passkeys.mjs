// Runs the WebAuthn ceremony of a form with data-passkey ("create" or "get") and posts its answer with the form.
// Options come from data-passkey-options (an address, asked when the button is pressed) or data-passkey-given (JSON in the page).

const decode = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
const credentials = (list) => list?.map((item) => ({ ...item, id: decode(item.id) }));

function creationOptions(json) {
  return {
    ...json,
    challenge: decode(json.challenge),
    user: { ...json.user, id: decode(json.user.id) },
    excludeCredentials: credentials(json.excludeCredentials),
  };
}

function requestOptions(json) {
  return { ...json, challenge: decode(json.challenge), allowCredentials: credentials(json.allowCredentials) };
}

// The members of PublicKeyCredential.toJSON() that the server reads; written here because older browsers lack it.
function answer(credential) {
  const { response } = credential;
  const parts = response.attestationObject
    ? { attestationObject: encode(response.attestationObject), transports: response.getTransports?.() ?? [] }
    : {
        authenticatorData: encode(response.authenticatorData),
        signature: encode(response.signature),
        ...(response.userHandle?.byteLength ? { userHandle: encode(response.userHandle) } : {}),
      };
  return JSON.stringify({
    id: credential.id,
    rawId: encode(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: {},
    response: { clientDataJSON: encode(response.clientDataJSON), ...parts },
  });
}

class Refusal extends Error {}

async function begin(form) {
  if (form.dataset.passkeyGiven) return { id: null, options: JSON.parse(form.dataset.passkeyGiven) };
  let reply;
  try {
    reply = await fetch(form.dataset.passkeyOptions, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "error" });
  } catch {
    throw new Refusal("unavailable");
  }
  // 400: the page was opened before somebody signed in or out in this browser, or its request has ended.
  if (reply.status >= 400 && reply.status < 500) throw new Refusal("outdated");
  if (!reply.ok) throw new Refusal("unavailable");
  const started = await reply.json();
  return { id: started.id, options: JSON.parse(started.optionsJson) };
}

function problemOf(error) {
  if (error instanceof Refusal) return error.message;
  // WebAuthn 14.5.1: browsers do not tell "the person declined" from "no passkey here" or "took too long".
  if (error.name === "NotAllowedError" || error.name === "AbortError") return "cancelled";
  if (error.name === "InvalidStateError") return "exists";
  if (error.name === "NotSupportedError" || error.name === "ConstraintError") return "unsupported";
  return "failed";
}

function prepare(form) {
  const button = form.querySelector("[data-passkey-button]");
  const problem = form.querySelector("[data-passkey-problem]");
  const status = form.querySelector("[data-passkey-status]");
  const show = (kind) => {
    problem.querySelector("p").textContent = problem.dataset[kind];
    problem.hidden = false;
  };
  if (!window.PublicKeyCredential || !navigator.credentials) {
    show("unsupported");
    return;
  }
  button.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    problem.hidden = true;
    status.textContent = status.dataset.waiting;
    try {
      const { id, options } = await begin(form);
      const credential =
        form.dataset.passkey === "create"
          ? await navigator.credentials.create({ publicKey: creationOptions(options) })
          : await navigator.credentials.get({ publicKey: requestOptions(options) });
      if (id) form.elements.ceremony.value = id;
      form.elements.credential.value = answer(credential);
      // Sends the form without this listener.
      form.submit();
    } catch (error) {
      status.textContent = "";
      button.disabled = false;
      show(problemOf(error));
      button.focus();
    }
  });
}

for (const form of document.querySelectorAll("form[data-passkey]")) prepare(form);
// A page taken from the back/forward cache holds a spent ceremony and a disabled button.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

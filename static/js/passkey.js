// Passkeys: a form with data-passkey="get" or "create" carries the server's question (data-question, JSON with base64url bytes);
// [data-passkey-button] asks the browser, puts the answer into the field "credential" and sends the form.
(() => {
  const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const toText = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => (list || []).map((one) => ({ ...one, id: toBytes(one.id) }));

  function asked(question) {
    const options = { ...question.publicKey, challenge: toBytes(question.publicKey.challenge) };
    if (options.user) options.user = { ...options.user, id: toBytes(options.user.id) };
    if (options.allowCredentials) options.allowCredentials = named(options.allowCredentials);
    if (options.excludeCredentials) options.excludeCredentials = named(options.excludeCredentials);
    return { publicKey: options };
  }

  function answered(credential) {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = toText(credential.response[name]);
    }
    if (credential.response.getTransports) response.transports = credential.response.getTransports();
    const clientExtensionResults = credential.getClientExtensionResults();
    return { id: credential.id, rawId: toText(credential.rawId), type: credential.type, response, clientExtensionResults };
  }

  async function ask(form) {
    const problem = form.querySelector("[data-passkey-error]");
    if (problem) problem.hidden = true;
    try {
      const credential = await navigator.credentials[form.dataset.passkey](asked(JSON.parse(form.dataset.question)));
      form.elements.credential.value = JSON.stringify(answered(credential));
      form.requestSubmit();
    } catch {
      if (problem) problem.hidden = false; // the person said no, or the device has no passkey for this site
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-passkey-button]");
    const form = button && button.closest("form[data-passkey]");
    if (!form || !form.dataset.question) return;
    if (form.dataset.passkey === "create" && !form.reportValidity()) return;
    ask(form);
  });
})();

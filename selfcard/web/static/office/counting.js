/* Counting with a scanner: Enter goes on to the last card, then adds; the focus never leaves.
   Without this script each Enter is a page of its own, which does the same. */
const form = document.querySelector("[data-counting]");
const [first, last, alone] = ["first", "last", "alone"].map((name) => form?.querySelector(`[data-${name}]`));
const waiting = []; // what was scanned and has not reached the books yet
const SCANNED = `scanned ${document.body.dataset.person} ${location.pathname}`;
let sending = false;

const newId = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
};

const sayUnsent = () => {
  const place = form.querySelector("[data-unsent-place]");
  place.hidden = !waiting.length;
  // Where the session ended or the page was left, it waits in this tab for the same person.
  const kept = waiting.map((data) => [...data].filter(([name]) => name !== "csrfmiddlewaretoken"));
  sessionStorage.setItem(SCANNED, JSON.stringify(kept));
  const named = waiting.map((data) => [data.get("runs-first"), data.get("runs-last")].filter(Boolean).join(" – "));
  place.querySelector("[data-unsent-cards]").textContent = named.join(", ");
};

/* One after the other, each with the number of its own request: what is sent again counts once. */
const send = async () => {
  if (sending) return;
  sending = true;
  try {
    while (waiting.length) {
      const answer = await fetch(form.action, { method: "POST", body: waiting[0], headers: { "HX-Request": "true" } });
      if (answer.status === 401) form.querySelector("[data-sign-in-place]").innerHTML = await answer.text();
      if (!answer.ok && answer.status !== 422) throw new Error(answer.status);
      document.getElementById("counted").outerHTML = await answer.text();
      waiting.shift();
    }
    sayUnsent();
  } catch {
    sayUnsent();
  } finally {
    sending = false;
  }
};

const add = () => {
  if (first.value.trim()) {
    alone.value = "1";
    waiting.push(new FormData(form));
    form.elements.request_id.value = newId();
    [first, last, alone].forEach((place) => (place.value = ""));
  }
  first.focus();
  send();
};

const sendWhatWaited = () => {
  for (const fields of JSON.parse(sessionStorage.getItem(SCANNED) ?? "[]")) {
    const data = new FormData();
    fields.forEach(([name, value]) => data.append(name, value));
    data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    waiting.push(data);
  }
  if (waiting.length) send();
};

if (form) {
  sendWhatWaited();
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.target !== first || !first.value.trim()) return;
    event.preventDefault();
    last.focus();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    add();
  });
  window.addEventListener("beforeunload", (event) => {
    if (waiting.length && !form.querySelector("[data-sign-in-again]")) event.preventDefault();
  });
}

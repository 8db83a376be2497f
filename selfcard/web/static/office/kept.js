/* What was typed when a session ended comes back after signing in: in this tab alone, for the same
   person, on the same page. Secrets, files and hidden fields are never kept. */
(() => {
  "use strict";
  const KEPT = "typed";
  const person = document.body.dataset.person;
  const page = location.pathname + location.search;
  const NEVER = ["hidden", "password", "file", "submit", "button"];
  const isTyped = (field) => field.name && !NEVER.includes(field.type) && field.autocomplete !== "one-time-code";
  const typedIn = (form) => [...form.elements].filter(isTyped);
  const forms = () => [...document.querySelectorAll("main form[method=post]")];

  const keep = (form) => {
    const sent = new FormData(form);
    const values = Object.fromEntries(typedIn(form).map(({ name }) => [name, sent.getAll(name)]));
    const kept = { person, page, at: forms().indexOf(form), action: form.getAttribute("action"), values };
    sessionStorage.setItem(KEPT, JSON.stringify(kept));
  };
  document.addEventListener("submit", ({ target }) => {
    if (person && forms().includes(target)) keep(target);
  });
  document.addEventListener("click", ({ target }) => {
    const form = target.closest("[data-sign-in-again]")?.closest("form:not([data-counting])"); // it keeps its own
    if (form) keep(form);
  });

  /* A list of runs gets as many rows as were filled. */
  const makeRoom = (form, values) => {
    form.querySelectorAll("[data-runs]").forEach((range) => {
      const rows = range.querySelectorAll("[data-first]");
      const lacking = (values[rows[0]?.name]?.length ?? 0) - rows.length;
      for (let at = 0; at < lacking; at += 1) range.querySelector("[data-add-row]").click();
    });
  };
  const put = (field, value, all) => {
    if (["checkbox", "radio"].includes(field.type)) field.checked = all.includes(field.value);
    else if (field.options) [...field.options].forEach((one) => (one.selected = all.includes(one.value)));
    else field.value = value ?? "";
    const folded = field.closest("details");
    if (folded && value) folded.open = true;
  };
  const restore = ({ at, action, values }) => {
    const form = forms()[at];
    if (form?.getAttribute("action") !== action) return;
    makeRoom(form, values);
    for (const name of Object.keys(values)) {
      typedIn(form)
        .filter((field) => field.name === name)
        .forEach((field, nth) => {
          put(field, values[name][nth], values[name]);
          if (!field.closest("[data-row]")) field.dispatchEvent(new Event("input", { bubbles: true }));
        });
    }
    document.querySelector("[data-restored]").hidden = false;
    document.activeElement.blur();
    scrollTo(0, 0);
  };

  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  if (!kept) return;
  if (document.querySelector("[data-away]")) {
    sessionStorage.setItem(KEPT, JSON.stringify({ ...kept, away: true }));
    document.querySelectorAll("[data-open-again]").forEach((link) => {
      link.href = kept.page;
      link.hidden = false;
    });
  } else if (person) {
    sessionStorage.removeItem(KEPT);
    if (kept.away && kept.person === person && kept.page === page) restore(kept);
  }
})();

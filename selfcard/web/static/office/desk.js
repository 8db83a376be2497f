/* A scanner is a keyboard that ends with Enter. In a question at a counter, Enter goes on to the next
   field instead of sending what is not filled in yet. A passport has two lines: after the first the
   field waits for the second, and then the page is sent, which fills in what they say. */
(function () {
  "use strict";
  const isField = (one) => one.matches("input:not([type=hidden]), select, textarea") && !one.disabled;
  const isLineOfPassport = (text) => /^\W{0,3}P[A-Z<]\S*<</i.test(text.normalize("NFKC"));
  document.querySelectorAll("form[data-scanned]").forEach((form) => {
    const number = form.querySelector("[name=identity_number]");
    form.querySelectorAll("[name=identity_number], [name=name]").forEach((one) => one.removeAttribute("maxlength"));
    form.addEventListener("keydown", (event) => {
      const here = event.target;
      if (event.key !== "Enter" || event.ctrlKey || here.type !== "text") return;
      if (isLineOfPassport(here.value)) {
        if (here.value.length < 80) event.preventDefault();
        return;
      }
      const fields = [...form.elements].filter(isField);
      const next = fields[fields.indexOf(here) + 1];
      if (!next || !here.value) return;
      event.preventDefault();
      next.focus();
    });
    const first = number && !number.value ? number : form.querySelector("input[type=text]");
    if (first && !document.querySelector("[data-problems]")) first.focus();
  });
})();

/* A scanner is a keyboard that ends with Enter. In a question at a counter, Enter goes on to the next
   field instead of sending what is not filled in yet. */
(function () {
  "use strict";
  const isField = (one) => one.matches("input:not([type=hidden]), select, textarea") && !one.disabled;
  document.querySelectorAll("form[data-scanned]").forEach((form) => {
    form.addEventListener("keydown", (event) => {
      const here = event.target;
      if (event.key !== "Enter" || event.ctrlKey || here.type !== "text") return;
      const fields = [...form.elements].filter(isField);
      const next = fields[fields.indexOf(here) + 1];
      if (!next || !here.value) return;
      event.preventDefault();
      next.focus();
    });
    const first = form.querySelector("input[type=text]");
    if (first && !document.querySelector("[data-problems]")) first.focus();
  });
})();

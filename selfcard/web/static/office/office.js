/* Behaviour of the office, all of it an enhancement: every page works without. */
(() => {
  "use strict";
  const root = document.documentElement;
  const each = (selector, deed, within = document) => within.querySelectorAll(selector).forEach(deed);

  /* Theme: shown at once, kept by the server for the next page. */
  const THEMES = ["auto", "light", "dark"];
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-theme-switch]");
    if (!form) return;
    event.preventDefault();
    const button = form.querySelector("button");
    const data = new FormData(form);
    data.set("theme", button.value);
    window.selfcardTheme(button.value);
    button.value = THEMES[(THEMES.indexOf(button.value) + 1) % THEMES.length];
    fetch(form.action, { method: "POST", body: data, redirect: "manual" });
  });

  /* A form is sent once: a second click does nothing (and the server would recognise it). */
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-once]");
    if (!form) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    each("button[type=submit]", (button) => (button.dataset.sending = "1"), form);
  });
  window.addEventListener("pageshow", () => {
    each("form[data-sent]", (form) => delete form.dataset.sent);
    each("[data-sending]", (button) => delete button.dataset.sending);
  });

  /* After a refusal the summary has the focus, so that it is read first. */
  document.querySelector("[data-problems]")?.focus();

  /* The phone menu opens as a target of a link; Escape and the button close it. */
  const closeMenu = () => {
    if (location.hash !== "#menu") return;
    location.hash = "#main";
    document.querySelector("[data-menu-open]")?.focus();
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-menu-close]")) {
      event.preventDefault();
      closeMenu();
    }
    each("details.menu[open]", (menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  /* A code field says whom or what the code means as soon as it is whole. */
  document.addEventListener("input", (event) => {
    const field = event.target.closest("[data-code]");
    if (!field) return;
    const options = [...(field.list?.options ?? [])];
    const chosen = options.find((option) => option.value.toLowerCase() === field.value.trim().toLowerCase());
    field.parentElement.querySelector(".chosen").textContent = chosen ? chosen.text : "";
  });

  /* Keys. They rest while a field has the focus, and can be switched off. */
  const keysOff = () => localStorage.getItem("keys") === "off";
  const dialog = document.getElementById("keys");
  each("[data-keys]", (button) => {
    button.hidden = false;
    button.addEventListener("click", () => dialog.showModal());
  });
  each("[data-keys-off]", (box) => {
    box.checked = keysOff();
    box.addEventListener("change", () => localStorage.setItem("keys", box.checked ? "off" : "on"));
  });
  const rows = () => [...document.querySelectorAll(".dense tbody tr")].filter((row) => row.querySelector("a"));
  const moveCursor = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.classList.contains("is-cursor"));
    all[at]?.classList.remove("is-cursor");
    const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    next.classList.add("is-cursor");
    next.querySelector("a").focus();
  };
  const press = (selector) => document.querySelector(selector)?.click();
  const KEYS = {
    "/": () => document.getElementById("find")?.focus(),
    "?": () => dialog?.showModal(),
    j: () => moveCursor(1),
    k: () => moveCursor(-1),
    n: () => press(".next .btn"),
    c: () => press("[data-create]"),
    "g h": () => press(".nav-list a"),
  };
  let before = "";
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeMenu();
    if (event.key === "Enter" && event.ctrlKey) {
      const form = event.target.closest("form") ?? document.querySelector("main form[data-once]");
      /* Its button may stand beside the form. */
      const buttons = [...(form?.elements ?? [])].filter((one) => one.matches("[type=submit]"));
      (buttons.find((one) => one.matches(".btn-primary")) ?? buttons[0])?.click();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || keysOff()) return;
    if (event.target.closest("input, textarea, select, dialog")) return;
    const deed = KEYS[`${before} ${event.key}`] ?? KEYS[event.key];
    before = event.key;
    if (!deed) return;
    event.preventDefault();
    deed();
  });
})();

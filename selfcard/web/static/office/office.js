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

  /* Runs of serials: last and how many follow each other; a scanner's Enter goes on. */
  const digits = (text) => text.normalize("NFKC").replace(/[\s\-,]/g, "");
  const serialOf = (text) => {
    const plain = digits(text);
    if (!/^\d{1,16}$/.test(plain)) return null;
    return BigInt(plain.length === 16 ? plain.slice(0, 15) : plain);
  };
  const grouped = (number, like) => {
    const size = digits(like).length > 9 ? 15 : 9;
    const text = String(number).padStart(size, "0");
    return (size === 15 ? [text.slice(0, 6), text.slice(6, 9), text.slice(9, 12), text.slice(12)] : [text.slice(0, 3), text.slice(3, 6), text.slice(6)]).join(" ");
  };
  const places = (row) => ["first", "last", "count"].map((name) => row.querySelector(`[data-${name}]`));
  const follow = (row, changed) => {
    const [first, last, count] = places(row);
    const from = serialOf(first.value);
    if (from === null) return;
    if (changed === count && count.value) {
      const many = digits(count.value);
      if (/^\d{1,9}$/.test(many) && many !== "0") last.value = grouped(from + BigInt(many) - 1n, first.value);
    } else if (last.value) {
      let to = serialOf(last.value);
      if (to === null) return;
      if (to < 10n ** 9n && from >= 10n ** 9n) to += (from / 10n ** 9n) * 10n ** 9n;
      count.value = to >= from ? (to - from + 1n).toLocaleString("en") : "";
    }
  };
  const addRow = (range) => {
    const row = range.querySelector("template").content.firstElementChild.cloneNode(true);
    range.querySelector("[data-rows]").append(row);
    return row;
  };
  const wakeRanges = (within) => {
    each("[data-runs] noscript", (spare) => spare.remove(), within);
    each("[data-add-row]", (button) => (button.hidden = false), within);
  };
  wakeRanges(document);
  document.addEventListener("input", (event) => {
    const row = event.target.closest("[data-row]");
    if (!row) return;
    say(row.closest("[data-runs]"), "");
    follow(row, event.target);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add-row]");
    if (button) addRow(button.closest("[data-runs]")).querySelector("input").focus();
  });
  const say = (range, text) => {
    const place = range.querySelector("[data-said]");
    place.textContent = text;
    place.hidden = !text;
  };
  const isNamedAlready = (range, place) => {
    const number = serialOf(place.value);
    const row = place.closest("[data-row]");
    return [...range.querySelectorAll("[data-row]")].some((other) => {
      const [from, to] = places(other).map((one) => (one === place ? null : serialOf(one.value)));
      if (other === row) return number !== null && (number === from || number === to);
      return number !== null && from !== null && from <= number && number <= (to ?? from);
    });
  };
  /* A box may be scanned from either end. */
  const putInOrder = (row) => {
    const [first, last] = places(row);
    const [from, to] = [serialOf(first.value), serialOf(last.value)];
    if (from === null || to === null || to >= from || String(to).length < String(from).length) return;
    [first.value, last.value] = [last.value, first.value];
    follow(row, last);
  };
  document.addEventListener("keydown", (event) => {
    const range = event.key === "Enter" && !event.ctrlKey && event.target.closest("[data-runs]");
    if (!range || event.target.tagName !== "INPUT" || !event.target.value) return;
    event.preventDefault();
    const place = event.target;
    if (!place.matches("[data-count]") && isNamedAlready(range, place)) {
      say(range, `${range.dataset.twice} ${place.value}`);
      place.value = "";
      follow(place.closest("[data-row]"), place);
      return;
    }
    putInOrder(place.closest("[data-row]"));
    const free = [...range.querySelectorAll("[data-first], [data-last]")].find((one) => !one.value);
    (free ?? addRow(range).querySelector("[data-first]")).focus();
    range.dispatchEvent(new CustomEvent("runs-changed", { bubbles: true }));
  });
  /* What a range asks goes where its form is sent. */
  document.addEventListener("htmx:configRequest", (event) => {
    if (!event.target.closest("[data-own-address]")) return;
    event.detail.path = event.target.closest("form").getAttribute("action") || location.href;
  });
  /* What was wrong with cards that are typed anew is said by the answer from now on. */
  document.addEventListener("htmx:afterSwap", (event) => {
    const field = event.target.closest?.(".answer-place")?.closest("fieldset");
    const typed = event.detail.requestConfig.triggeringEvent?.target;
    if (field && typed && field.contains(typed)) field.querySelector(":scope > .problem")?.remove();
  });
  document.addEventListener("htmx:load", (event) => {
    wakeRanges(event.target);
    if (event.target.querySelector("[data-narrowed]")) event.target.focus();
  });
  /* A pasted list: cards that follow one another make one run, as long as each number is right. */
  const isWhole = (text) => {
    const plain = digits(text);
    if (!/^\d{15,16}$/.test(plain)) return false;
    const sum = [...plain].reverse().reduce((all, digit, at) => all + (at % 2 ? Number(digit) * 2 - (digit > 4 ? 9 : 0) : Number(digit)), 0);
    return plain.length === 15 || sum % 10 === 0;
  };
  const runsOf = (lines) => {
    const runs = [];
    for (const line of lines) {
      const [from, to = ""] = line.split(/\s*[–—~\t]\s*|\s+-\s+/);
      const last = runs.at(-1);
      const whole = isWhole(from) && (!to || isWhole(to));
      const end = serialOf(to || from);
      if (whole && last?.whole && serialOf(from) === last.end + 1n) Object.assign(last, { to: to || from, end });
      else runs.push({ from, to, end, whole });
    }
    return runs;
  };
  document.addEventListener("paste", (event) => {
    const first = event.target.closest?.("[data-runs] [data-first]");
    const lines = event.clipboardData.getData("text").split(/[\r\n;]+/).map((line) => line.trim()).filter(Boolean);
    if (!first || lines.length < 2) return;
    event.preventDefault();
    const range = first.closest("[data-runs]");
    runsOf(lines).forEach(({ from, to }) => {
      const row = [...range.querySelectorAll("[data-row]")].find((one) => !one.querySelector("[data-first]").value) ?? addRow(range);
      const [rowFirst, rowLast] = places(row);
      rowFirst.value = from;
      rowLast.value = to;
      follow(row, rowLast);
    });
    range.dispatchEvent(new CustomEvent("runs-changed", { bubbles: true }));
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
      (form?.querySelector(".btn-primary[type=submit]") ?? form?.querySelector("[type=submit]"))?.click();
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

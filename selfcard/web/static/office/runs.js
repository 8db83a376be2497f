/* Runs of serials in a form: typed, scanned, pasted; and the answer below them. */
(() => {
  "use strict";
  const each = (selector, deed, within = document) => within.querySelectorAll(selector).forEach(deed);

  /* Last and how many follow each other; a scanner's Enter goes on. */
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
  /* A pasted list: each line is one card, first and last, or first and how many; cards that follow
     one another make one run, as long as each number is right. */
  const isWhole = (text) => {
    const plain = digits(text);
    if (!/^\d{15,16}$/.test(plain)) return false;
    const sum = [...plain].reverse().reduce((all, digit, at) => all + (at % 2 ? Number(digit) * 2 - (digit > 4 ? 9 : 0) : Number(digit)), 0);
    return plain.length === 15 || sum % 10 === 0;
  };
  const isShort = (text) => /^\d{1,9}$/.test(digits(text));
  const isLong = (text) => /^\d{15,16}$/.test(digits(text));
  const BETWEEN = /\s*(?:[–—―−‐~→至到]|\.{2,}|\bto\b)\s*|\s+-\s+/i;
  const COUNTED = /^(.*\d)(?:\s*[+×*x]\s*([\d,]+)\s*|[\s,]+([\d,]+)\s*(?=张|cards?))(?:张|cards?)?$/i;
  const COLUMNS = /\s*[,\t]\s*/;
  const THOUSANDS = /^\d{1,3}(?:,\d{3})+$/;
  /* First and last, or first and how many. Hyphens and spaces stand within a number as it is
     printed, and also between two of them. */
  const endsOf = (text) => {
    const ends = text.split(BETWEEN);
    if (ends.length === 2 && ends.every((end) => isShort(end) || isLong(end))) return ends;
    for (const { index } of digits(text).length > 16 ? text.matchAll(/[-\s]/g) : []) {
      const [from, to] = [text.slice(0, index).trim(), text.slice(index + 1).trim()];
      if (isLong(from) && isLong(to)) return [from, to];
      if (isLong(from) && isShort(to)) return text[index] === "-" ? [from, to] : [from, "", to];
    }
    const [from, to, ...more] = text.split("-");
    const isShortRange = to && !more.length && isShort(from) && isShort(to) && digits(text).length !== 15;
    return isShortRange && !isWhole(text) ? [from, to] : [text];
  };
  const readLine = (line) => {
    const text = line.normalize("NFKC").trim();
    const counted = COUNTED.exec(text);
    if (counted) return readLine(counted[1]).map((run) => ({ ...run, count: counted[2] ?? counted[3] }));
    const cells = THOUSANDS.test(text) ? [digits(text)] : text.split(COLUMNS);
    const [isRange, isNumber] = [(cell) => endsOf(cell).length > 1, (cell) => isLong(cell) || isShort(cell)];
    if (cells.filter(isLong).length > 2 || cells.slice(1).some(isRange)) return cells.filter((cell) => isNumber(cell) || isRange(cell)).flatMap(readLine);
    let [from, to = "", count = ""] = endsOf(cells[0]);
    const others = cells.slice(1).filter(isNumber);
    if (!to && others.length) {
      const isLast = isLong(others[0]) || (isShort(from) && serialOf(others[0]) >= serialOf(from));
      if (isLast) to = others.shift();
    }
    return [{ from, to, count: count || (isShort(others[0] ?? "") ? others[0] : "") }];
  };
  const runsOf = (lines) => {
    const runs = [];
    for (const { from, to, count } of lines.flatMap(readLine)) {
      const last = runs.at(-1);
      const whole = !count && isWhole(from) && (!to || isWhole(to));
      const end = serialOf(to || from);
      if (whole && last?.whole && serialOf(from) === last.end + 1n) Object.assign(last, { to: to || from, end });
      else runs.push({ from, to, count, end, whole });
    }
    return runs;
  };
  const fill = (row, { from, to, count }) => {
    const [rowFirst, rowLast, rowCount] = places(row);
    [rowFirst.value, rowLast.value, rowCount.value] = [from, to, count];
    follow(row, to ? rowLast : rowCount);
    if (to && count) rowCount.value = count; // where both are named and differ, it is said
  };
  document.addEventListener("paste", (event) => {
    const first = event.target.closest?.("[data-runs] [data-first]");
    if (!first) return;
    const lines = event.clipboardData.getData("text").split(/[\r\n;；、]+/).filter((line) => /\d/.test(line));
    const runs = runsOf(lines);
    if (lines.length < 2 && !(runs[0]?.to || runs[0]?.count || runs.length > 1)) return;
    event.preventDefault();
    const range = first.closest("[data-runs]");
    const isReplaced = first.value && first.selectionStart === 0 && first.selectionEnd === first.value.length;
    if (isReplaced) places(first.closest("[data-row]")).forEach((place) => (place.value = ""));
    const free = [...range.querySelectorAll("[data-row]")].filter((row) => places(row).every((place) => !place.value));
    const named = range.querySelectorAll("[data-row]").length - free.length;
    if (named + runs.length > Number(range.dataset.most)) {
      say(range, range.dataset.tooMany.replace("[…]", runs.length.toLocaleString("en")));
      return;
    }
    say(range, "");
    runs.forEach((run) => fill(free.shift() ?? addRow(range), run));
    range.dispatchEvent(new CustomEvent("runs-changed", { bubbles: true }));
  });
})();

/* Runs before the page is painted: "auto" follows the reader's system, without a flash. */
(() => {
  "use strict";
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    const theme = root.dataset.theme;
    root.dataset.bsTheme = theme === "auto" ? (dark.matches ? "dark" : "light") : theme;
  };
  show();
  dark.addEventListener("change", show);
  window.selfcardTheme = (theme) => {
    root.dataset.theme = theme;
    show();
  };
})();

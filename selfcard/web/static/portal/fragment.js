// The code under the scratch-off panel opens the first page with card number and PIN in the
// fragment, which no server sees. It is wiped from the address before anything else happens, so
// that neither history nor a shared screen keeps it; then both fields are filled in.
(function () {
  "use strict";
  var fragment = location.hash;
  if (!/^#c=/.test(fragment)) return;
  history.replaceState(null, "", location.pathname + location.search);
  var given = new URLSearchParams(fragment.slice(1));
  function grouped(digits) {
    return (digits || "").replace(/\D/g, "").replace(/(\d{4})(?=\d)/g, "$1 ");
  }
  document.addEventListener("DOMContentLoaded", function () {
    var card = document.getElementById("id_card_number");
    var pin = document.getElementById("id_pin");
    if (!card || !pin) return;
    card.value = grouped(given.get("c"));
    pin.value = grouped(given.get("p"));
    pin.form.querySelector("button[type=submit]").focus();
  });
})();

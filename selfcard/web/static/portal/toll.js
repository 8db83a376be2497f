// What the next try costs, where the gate asks for something: the device works on its riddle while
// somebody types, and the form is sent with the solution, or without it when the waiting is over –
// whichever comes first. Without this script one waits, as the page says.
(function () {
  "use strict";
  var tolls = [].slice.call(document.querySelectorAll("[data-toll]"));
  if (!tolls.length || !window.Worker) return;
  var opened = Date.now(), seconds = Number(tolls[0].dataset.toll);
  var ticket = tolls[0].dataset.ticket, worked = 0, number = 0;
  var worker = new Worker(tolls[0].dataset.worker);
  worker.onmessage = function (event) {
    if (event.data.number) number = event.data.number;
    else worked = event.data.share;
  };
  worker.postMessage(ticket);

  function done() {
    return number ? 1 : Math.max(worked, (Date.now() - opened) / 1000 / seconds);
  }

  function send(form) {
    form.elements.ticket.value = number ? ticket + "." + number : ticket;
    form.submit();
  }

  // Shows how far it is, and sends the form at the end. What was wrong before is over now.
  function work(toll, form) {
    var bar = toll.querySelector("progress");
    document.querySelectorAll(".problem, .wrong").forEach(function (said) {
      said.remove();
    });
    document.querySelectorAll(".is-wrong").forEach(function (marked) {
      marked.classList.remove("is-wrong");
    });
    form.querySelectorAll("[aria-invalid]").forEach(function (box) {
      box.removeAttribute("aria-invalid");
    });
    form.querySelector("button[type=submit]").disabled = true;
    toll.querySelector("[role=status]").hidden = false;
    toll.scrollIntoView({ block: "center" });
    var look = setInterval(function () {
      bar.value = Math.min(done(), 1);
      if (done() < 1) return;
      clearInterval(look);
      send(form);
    }, 100);
  }

  tolls.forEach(function (toll) {
    var form = toll.closest("form");
    toll.querySelector(".toll__rule").hidden = true;
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      if (done() < 1) work(toll, form);
      else send(form);
    });
    // It was sent too early: it goes on by itself, and nothing is wrong with what was typed.
    if (toll.hasAttribute("data-sent")) work(toll, form);
  });
})();

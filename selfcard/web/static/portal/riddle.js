// Solves the riddle of a ticket beside the page: of which number, up to a known size, is this the
// SHA-256? It says from time to time how far it is, and at the end the number.
(function () {
  "use strict";
  var K = [], FIRST = [];
  (function () {
    // The constants of SHA-256: the fractions of the roots of the first primes (FIPS 180-4).
    function fraction(value) {
      return ((value - Math.floor(value)) * 0x100000000) | 0;
    }
    for (var candidate = 2; K.length < 64; candidate++) {
      for (var factor = 2; factor * factor <= candidate && candidate % factor; factor++);
      if (factor * factor > candidate) {
        if (FIRST.length < 8) FIRST.push(fraction(Math.sqrt(candidate)));
        K.push(fraction(Math.cbrt(candidate)));
      }
    }
  })();

  var words = new Int32Array(64);

  // The digest of a text of one block: at most 55 plain letters and figures.
  function digest(text) {
    words.fill(0, 0, 16);
    for (var i = 0; i < text.length; i++) words[i >> 2] |= text.charCodeAt(i) << (24 - (i % 4) * 8);
    words[i >> 2] |= 0x80 << (24 - (i % 4) * 8);
    words[15] = text.length * 8;
    for (i = 16; i < 64; i++) {
      var x = words[i - 15], y = words[i - 2];
      words[i] = words[i - 16] + words[i - 7]
        + (((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3))
        + (((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10));
    }
    var a = FIRST[0], b = FIRST[1], c = FIRST[2], d = FIRST[3];
    var e = FIRST[4], f = FIRST[5], g = FIRST[6], h = FIRST[7];
    for (i = 0; i < 64; i++) {
      var one = (h + (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7)))
        + ((e & f) ^ (~e & g)) + K[i] + words[i]) | 0;
      var two = ((((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10)))
        + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + one) | 0;
      d = c; c = b; b = a; a = (one + two) | 0;
    }
    return [a + FIRST[0], b + FIRST[1], c + FIRST[2], d + FIRST[3],
      e + FIRST[4], f + FIRST[5], g + FIRST[6], h + FIRST[7]];
  }

  function hexadecimal(parts) {
    return parts.map(function (part) {
      return ("0000000" + (part >>> 0).toString(16)).slice(-8);
    }).join("");
  }

  self.onmessage = function (event) {
    var parts = event.data.split("."), size = Number(parts[1]), salt = parts[2], riddle = parts[3];
    var beginning = parseInt(riddle.slice(0, 8), 16) | 0;
    for (var number = 1; number <= size; number++) {
      var found = digest(salt + "." + number);
      if ((found[0] | 0) === beginning && hexadecimal(found) === riddle) {
        self.postMessage({ number: number });
        return;
      }
      if (number % 5000 === 0) self.postMessage({ share: number / size });
    }
  };
})();

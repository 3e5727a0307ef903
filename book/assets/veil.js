// The words after a question tell its answer. They stay back until the reader has guessed, or says
// that they would rather read on.
//
// Only prose is kept back, up to the next cell or heading: cells can be run all the same. A search
// in the page finds what is hidden and shows it, a printed page shows everything, and without
// scripts nothing is hidden.

(() => {
  // From the cell of a question to what stands in front of the words after it.
  const veils = new Map();

  function wordsAfter(cell) {
    const words = [];
    for (
      let next = cell.nextElementSibling;
      next && !next.matches(".cell, section, .after-guess");
      next = next.nextElementSibling
    )
      words.push(next);
    return words;
  }

  function veil(cell) {
    const words = wordsAfter(cell);
    if (veils.has(cell) || !words.length) return;
    const note = document.createElement("p"),
      button = document.createElement("button");
    note.className = "after-guess";
    button.type = "button";
    button.textContent = "Read on without a guess";
    button.addEventListener("click", () => {
      lift(cell);
      words[0].tabIndex = -1;
      words[0].focus();
    });
    note.append("What follows tells the answer. ", button);
    cell.after(note);
    for (const each of words) {
      each.setAttribute("hidden", "until-found");
      each.addEventListener("beforematch", () => lift(cell));
    }
    veils.set(cell, { note, words });
  }

  function lift(cell) {
    const veil = veils.get(cell);
    if (!veil) return veils.set(cell, null);
    veil.note.remove();
    for (const each of veil.words) each.hidden = false;
    veils.set(cell, null); // What was read once isn't hidden again.
  }

  document.addEventListener("dslab-guess", ({ target, detail }) => {
    const cell = target.closest("article .cell");
    if (cell) (detail.made ? lift : veil)(cell);
  });
})();

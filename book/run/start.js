// The button on each chapter. Nothing else is loaded before it is pressed. Plain old JavaScript: it
// also speaks to browsers that can't do more, and to pages that were opened as files.
(function () {
  "use strict";
  var here = document.currentScript && document.currentScript.src;
  var root = here ? here.replace(/start\.js.*$/, "") : "_static/run/";

  function wanting() {
    if (location.protocol === "file:") {
      return (
        "To run this page, serve the book over HTTP: run “make book”, or “python -m " +
        "http.server” in the book's folder, and open the address that it prints."
      );
    }
    if (
      typeof WebAssembly !== "object" ||
      !("noModule" in HTMLScriptElement.prototype) ||
      typeof Worker !== "function"
    ) {
      return (
        "This browser can't run Python in a page (it has no WebAssembly or no " +
        "modules): update it, or download the chapter and open it in JupyterLab."
      );
    }
    return "";
  }

  function kept(prefix) {
    try {
      return Object.keys(localStorage).filter(function (key) {
        return key.indexOf(prefix) === 0;
      }).length;
    } catch (error) {
      return 0; // Storage is blocked: there can be nothing in it.
    }
  }

  function load(module, failed) {
    var script = document.createElement("script");
    script.type = "module";
    script.src = root + module;
    script.onerror = failed;
    document.head.appendChild(script);
  }

  function begin() {
    var progress = document.getElementById("dslab-progress");
    if (progress) {
      if (wanting()) progress.textContent = wanting();
      else load("progress.mjs");
      return;
    }
    var heading = document.querySelector("article h1");
    // The page's name within the book, such as notebooks/00_start, wherever the book is served.
    var page = location.href
      .split(/[?#]/)[0]
      .slice(root.replace(/_static\/run\/$/, "").length)
      .replace(/\.html$/, "");
    if (!heading || !document.querySelector("article .cell .cell_input")) return;

    var bar = document.createElement("div"),
      button = document.createElement("button"),
      words = document.createElement("span");
    bar.className = "run-start";
    words.className = "run-words";
    button.type = "button";
    button.textContent = "Run this page";
    words.id = "run-words";
    words.setAttribute("role", "status");
    button.setAttribute("aria-describedby", "run-words");
    var edits = kept("dslab:edit:" + page + ":");
    words.textContent = edits
      ? "Your edits of " +
        edits +
        (edits === 1 ? " cell are kept" : " cells are kept") +
        " in this browser."
      : "Python runs in your browser: some 12 MB the first time.";
    if (wanting()) {
      button.disabled = true;
      words.textContent = wanting();
    }
    button.addEventListener("click", function () {
      button.disabled = true;
      words.textContent = "Loading the editor …";
      if (window.dslabRun && window.dslabRun.open) {
        // Its program is here, and what it asked for was not.
        window.dslabRun.open();
        return;
      }
      window.dslabRun = { page: page, bar: bar };
      load("page.mjs", function () {
        button.disabled = false;
        words.textContent =
          "The page's program could not be loaded: check the connection and press again.";
      });
    });
    bar.appendChild(button);
    bar.appendChild(words);
    heading.parentNode.insertBefore(bar, heading.nextSibling);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();

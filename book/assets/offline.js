// Registers the service worker, which keeps the book for reading without a network; offers to keep
// its Python too, and says when a newer edition is here. Where there is no service worker (a file,
// an old browser), nothing happens.
(() => {
  if (!("serviceWorker" in navigator) || !isSecureContext || location.protocol === "file:") return;
  const root = new URL(document.documentElement.dataset.content_root || "./", location.href);
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

  /** Ask the worker something; `said` hears each answer. */
  function ask(worker, question, said) {
    const channel = new MessageChannel();
    channel.port1.onmessage = ({ data }) => said(data);
    worker.postMessage(question, [channel.port2]);
  }

  function line() {
    const place =
      document.querySelector(
        ".footer-content__inner, footer.bd-footer-content .bd-footer-content__inner, footer",
      ) ?? document.body;
    const found = document.createElement("div");
    found.className = "dslab-offline";
    found.setAttribute("role", "status");
    place.append(found);
    return found;
  }

  function button(text, pressed) {
    const found = document.createElement("button");
    found.type = "button";
    found.textContent = text;
    found.addEventListener("click", pressed);
    return found;
  }

  /** What is kept, and the button that keeps the rest. */
  function show(worker, place) {
    ask(worker, { type: "state" }, ({ book, python, failed }) => {
      if (failed || !book) return;
      const missing = book.missing + python.missing;
      if (!missing) place.replaceChildren("This book and its Python open without a network.");
      else {
        const keep = button(
          `Keep this book and its Python for offline use (${megabytes(missing)})`,
          () => {
            keep.disabled = true;
            ask(worker, { type: "keep" }, (said) => {
              if (said.kept) show(worker, place);
              else if (said.failed)
                place.replaceChildren(
                  "Not everything could be kept: look at your connection and the browser's " +
                    "storage, then load this page again.",
                );
              else
                keep.textContent =
                  `Keeping ${said.group === "book" ? "the book" : "its Python"}: ` +
                  `${megabytes(said.done)} of ${megabytes(said.of)}`;
            });
          },
        );
        place.replaceChildren(keep);
      }
    });
  }

  /** A newer edition waits: the reader says when, for what runs in this page ends with it. */
  function offer(worker, place) {
    const reload = button("Load it", () => {
      navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), {
        once: true,
      });
      worker.postMessage({ type: "take over" });
    });
    place.classList.add("dslab-newer");
    place.replaceChildren("A newer edition of this book is here. ", reload);
  }

  async function begin() {
    let registration;
    try {
      registration = await navigator.serviceWorker.register(new URL("service-worker.js", root), {
        scope: root,
        updateViaCache: "none",
      });
    } catch {
      return; // Blocked, by a setting or in a private window: the book is read as any other page.
    }
    if (!registration) return; // Blocked by what drives the browser.
    const place = line();
    const look = () => {
      if (registration.waiting && navigator.serviceWorker.controller)
        offer(registration.waiting, place);
    };
    const watch = () => registration.installing?.addEventListener("statechange", look);
    registration.addEventListener("updatefound", watch);
    watch(); // The browser may have found it before this page asked.
    look();
    await navigator.serviceWorker.ready;
    if (!registration.waiting && registration.active) show(registration.active, place);
  }

  // After everything that the page itself needs.
  if (document.readyState === "complete") begin();
  else addEventListener("load", begin);
})();

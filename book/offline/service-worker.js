// Keeps the book in the reader's browser, so that it opens without a network.
// scripts/site/offline.py puts BUILD before it and writes offline.json: the files of this build
// with their hashes, in three groups.
//
//   book    pages and what they show: fetched when the worker is installed, smallest first, unless
//           the reader saves data
//   python  what runs in a page: kept on request, or when it was used once (then all of it, after
//           what was asked for)
//   lite    JupyterLite: each file kept when it was used
//
// A build has one cache of its own, and a file goes into it only with the hash that offline.json
// gives it. So a page and its parts are always of one build. A new build copies what has not
// changed and takes over when the last old page is gone.

const ROOT = self.BOOK ?? new URL(registration.scope);
const PREFIX = `dslab ${ROOT.pathname} `;
const CACHE = PREFIX + BUILD;
const QUIET = 3000; // Milliseconds without a request after which a page has what it wanted.
const GROUPS = { book: 0, python: 1, lite: 2 };

const address = (path) => new URL(path, ROOT).href;
let list, opened;

/**
 * The cache of this build. It is opened once: opened again by a worker that is on its way out, it
 * would come back empty.
 */
const own = () => (opened ??= caches.open(CACHE));

/** offline.json of this build, from its cache, or from the server where it is of this build. */
function manifest() {
  return (list ??= (async () => {
    const cache = await own(),
      kept = await cache.match(address("offline.json"));
    const response = kept ?? (await fetch(address(`offline.json?${BUILD}`), { cache: "no-cache" }));
    if (!response.ok) throw new Error(`offline.json: ${response.status}`);
    const found = await response.clone().json();
    if (found.build !== BUILD) throw new Error("offline.json is of another build");
    if (!kept) await cache.put(address("offline.json"), response);
    return found;
  })().catch((error) => {
    list = undefined;
    throw error;
  }));
}

const hex = (buffer) =>
  Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Put a response into the cache if it is what the manifest says; whether it was. */
async function keep(cache, path, hash, response) {
  const body = await response.arrayBuffer();
  if (!hex(await crypto.subtle.digest("SHA-256", body)).startsWith(hash)) return false;
  await cache.put(address(path), new Response(body, { status: 200, headers: response.headers }));
  return true;
}

async function get(cache, path, hash) {
  if (await cache.match(address(path))) return;
  const response = await fetch(address(path), { cache: "no-cache" });
  if (!response.ok || !(await keep(cache, path, hash, response)))
    throw new Error(`${path} is of another build, or not there`);
}

/** Fetch a whole group; `told(done, of)` counts its bytes. */
async function fetchGroup(group, told = () => {}) {
  const cache = await own(),
    { files } = await manifest();
  const wanted = Object.entries(files)
    .filter(([, [, , each]]) => each === GROUPS[group])
    .sort(([, a], [, b]) => a[1] - b[1]);
  const total = wanted.reduce((sum, [, [, size]]) => sum + size, 0);
  let done = 0;
  for (const [path, [hash, size]] of wanted) {
    await get(cache, path, hash);
    told((done += size), total);
  }
}

let uses = 0;

/**
 * After the last of the page's own requests for Python: the parts that another chapter will ask
 * for.
 */
async function completePython() {
  const mine = ++uses;
  await new Promise((done) => setTimeout(done, QUIET));
  if (mine === uses && !navigator.connection?.saveData) await fetchGroup("python").catch(() => {});
}

/**
 * What an older build of this book kept and this one still has, without fetching it again; the
 * groups that were in use.
 */
async function inherit() {
  const cache = await own(),
    { files } = await manifest(),
    used = new Set();
  for (const name of (await caches.keys()).filter(
    (each) => each.startsWith(PREFIX) && each !== CACHE,
  )) {
    const old = await caches.open(name),
      before = await (await old.match(address("offline.json")))?.json();
    for (const request of before ? await old.keys() : []) {
      const path = request.url.slice(ROOT.href.length),
        [hash, , group] = files[path] ?? [];
      used.add(before.files[path]?.[2]);
      if (hash && hash === before.files[path]?.[0] && !(await cache.match(request)))
        await cache.put(request, await old.match(request));
    }
  }
  return used;
}

async function install() {
  if (self.BOOK) return; // JupyterLite's worker only serves; the book's fetches.
  await manifest();
  const used = await inherit();
  if (!navigator.connection?.saveData) await fetchGroup("book");
  if (used.has(GROUPS.python)) await fetchGroup("python");
}

async function activate() {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  if (!self.BOOK) await Promise.all(old.map((name) => caches.delete(name)));
  await clients.claim();
}

/**
 * Pages and workers that share nothing with other sites may share memory: a cell can then be
 * interrupted. JupyterLite is left out: with shared memory its kernel (0.8.6) takes another way, on
 * which running a whole notebook hung.
 */
function isolated(response, request, isolate, path) {
  if (
    !isolate ||
    path.startsWith("lite/") ||
    !["document", "worker", "iframe"].includes(request.destination)
  )
    return response;
  const headers = new Headers(response.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  return new Response(response.body, {
    status: response.status,
    statusText: response.statusText,
    headers,
  });
}

async function answer(event) {
  const { request } = event;
  const found = await manifest().catch(() => null);
  let path = decodeURIComponent(new URL(request.url).pathname.slice(ROOT.pathname.length));
  if (path === "" || path.endsWith("/")) path += "index.html";
  const [hash, , group] = found?.files[path] ?? [];
  if (!hash) return fetch(request);
  const cache = await own(),
    kept = await cache.match(address(path));
  if (kept) return isolated(kept, request, found.isolate, path);
  const response = await fetch(request);
  if (response.status === 200) {
    const copy = response.clone();
    if (group === GROUPS.python) event.waitUntil(completePython());
    event.waitUntil(
      keep(cache, path, hash, copy)
        .then((same) => same || registration.update())
        .catch(() => {}),
    );
  }
  return isolated(response, request, found.isolate, path);
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

self.addEventListener("fetch", (event) => {
  const { request } = event,
    url = new URL(request.url);
  // What JupyterLite's own worker answers, in lite/service-worker.js, is left to it.
  if (
    request.method !== "GET" ||
    !url.href.startsWith(ROOT.href) ||
    url.pathname.includes("/api/service-worker-heartbeat")
  )
    return;
  event.stopImmediatePropagation();
  event.respondWith(answer(event));
});

self.addEventListener("message", (event) => {
  const {
    data,
    ports: [port],
  } = event;
  if (data?.type === "take over") skipWaiting();
  else if (data?.type === "keep") {
    event.waitUntil(
      (async () => {
        for (const group of ["book", "python"])
          await fetchGroup(group, (done, of) => port.postMessage({ group, done, of }));
        port.postMessage({ kept: true });
      })().catch((error) => port.postMessage({ failed: String(error.message ?? error) })),
    );
  } else if (data?.type === "state") {
    event.waitUntil(
      (async () => {
        const cache = await own(),
          { files } = await manifest(),
          state = {};
        for (const [group, number] of Object.entries(GROUPS)) {
          const of = Object.entries(files).filter(([, [, , each]]) => each === number);
          const has = await Promise.all(
            of.map(async ([path, [, size]]) => ((await cache.match(address(path))) ? 0 : size)),
          );
          state[group] = { missing: has.reduce((sum, size) => sum + size, 0) };
        }
        port.postMessage(state);
      })().catch((error) => port.postMessage({ failed: String(error.message ?? error) })),
    );
  }
});

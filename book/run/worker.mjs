// The worker in which Python runs. Loads Pyodide, the book's own wheels and the runner, and says
// how far it is.

const MEMORY = 2 ** 30; // Bytes that Python may take before it is told that there are no more.
const PACKAGES = [
  "dslab",
  "simpy",
  "comm",
  "traitlets",
  "ipywidgets",
  "anywidget",
  "psygnal",
  "typing_extensions",
];
const SITE_PACKAGES = "/lib/python3.14/site-packages";

let pyodide, runner, receive;

// A page that takes all memory of the machine takes the reader's other tabs with it: Python gets a
// MemoryError first.
const grow = WebAssembly.Memory.prototype.grow;
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * 65536 > MEMORY) throw new RangeError("out of memory");
  return grow.call(this, pages);
};

/** fetch, with what has arrived counted. */
function counted(total) {
  const plain = self.fetch.bind(self);
  let loaded = 0,
    told = 0;
  return async (...request) => {
    let response;
    try {
      response = await plain(...request);
      if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    } catch (error) {
      // Pyodide itself may wait for ever.
      broken(new Error(`${String(request[0]).split("/").pop()}: ${error.message}`));
      throw error;
    }
    const body = response.body?.pipeThrough(
      new TransformStream({
        transform(piece, stream) {
          loaded += piece.byteLength;
          if (loaded - told > 200_000)
            postMessage({ type: "progress", loaded: (told = loaded), total });
          stream.enqueue(piece);
        },
      }),
    );
    const same = new Response(body, { status: response.status, headers: response.headers });
    Object.defineProperty(same, "url", { value: response.url });
    return same;
  };
}

const bytes = async (url, integrity) =>
  (await self.fetch(url, integrity ? { integrity } : {})).arrayBuffer();
const base64 = (hex) =>
  btoa(String.fromCharCode(...hex.match(/../g).map((pair) => parseInt(pair, 16))));

/** The bytes that will be fetched; unknown where Pyodide comes from its public address. */
function size({ index, files }) {
  const ours = Object.keys(files).filter(
    (name) =>
      !name.endsWith(".whl") ||
      PACKAGES.some((each) => name.startsWith(`${each}-`) || name.startsWith(`${each}_book-`)),
  );
  return index === "./" ? ours.reduce((sum, name) => sum + files[name], 0) : 0;
}

/** The wheels of our own packages, each checked against its hash. */
async function wheels(folder, lock) {
  const { packages } = await lock;
  const found = PACKAGES.map((name) =>
    Object.values(packages).find(
      (each) => each.imports?.includes(name) || each.name.replaceAll("-", "_") === name,
    ),
  );
  return Promise.all(
    found
      .filter(Boolean)
      .map((each) => bytes(new URL(each.file_name, folder), `sha256-${base64(each.sha256)}`)),
  );
}

async function start({ python, config, flag }) {
  const folder = new URL(python),
    index = new URL(config.index, folder).href;
  self.fetch = counted(size(config));
  const lock = bytes(new URL(config.lock, folder)).then((buffer) =>
    JSON.parse(new TextDecoder().decode(buffer)),
  );
  const parts = Promise.all([wheels(folder, lock), bytes(new URL("runner.zip", import.meta.url))]);
  parts.catch(() => {});
  const { loadPyodide } = await import(new URL("pyodide.mjs", index).href);
  pyodide = await loadPyodide({
    indexURL: index,
    lockFileURL: new URL(config.lock, folder).href,
    packageBaseUrl: folder.href,
  });
  const [packages, program] = await parts;
  for (const wheel of packages)
    pyodide.unpackArchive(wheel, "wheel", { extractDir: SITE_PACKAGES });
  pyodide.unpackArchive(program, "zip", { extractDir: SITE_PACKAGES });
  const make = pyodide.runPython(
    "import importlib; importlib.invalidate_caches()\nfrom dslab_page.run import Runner\nRunner",
  );
  runner = make((text) => postMessage(JSON.parse(text)));
  receive = pyodide.runPython("from dslab_page.comms import receive; receive");
  if (flag) pyodide.setInterruptBuffer(flag);
  postMessage({ type: "ready" });
}

async function run({ id, cell, number, source }) {
  const result = await runner.run(cell, number, source);
  postMessage({ type: "done", id, result: result.toJs({ dict_converter: Object.fromEntries }) });
  result.destroy();
}

function comm({ kind, content, buffers }) {
  const message = pyodide.toPy(content),
    parts = pyodide.toPy(buffers ?? []);
  receive(kind, message, parts);
}

// One after the other: a cell that awaits must not see the next one begin.
let queue = Promise.resolve();
const handlers = { start, run, comm };

function broken(error) {
  const text = String(error?.message ?? error)
    .trim()
    .split("\n")
    .pop()
    .slice(0, 300);
  postMessage({
    type: "fatal",
    sentence: runner
      ? `Python has broken down (${text}): start it again. Your text is kept, its ` +
        "variables are gone."
      : `Python could not be loaded (${text}): check the connection and start again.`,
  });
}

self.onmessage = ({ data }) => {
  if (data.type === "stop") {
    runner?.stop();
    return;
  }
  queue = queue.then(() => handlers[data.type](data)).catch(broken);
};

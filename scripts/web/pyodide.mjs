// Pyodide, with its WebAssembly compressed: most servers send a .wasm as it is, which is 9.6 MB in
// place of 3.5.
import { loadPyodide as load } from "./pyodide.core.mjs";

export * from "./pyodide.core.mjs";

/** As Pyodide's own `loadPyodide`. */
export async function loadPyodide(options) {
  const plain = globalThis.fetch;
  globalThis.fetch = async (request, more) => {
    const address = String(request?.url ?? request);
    if (!address.endsWith("/pyodide.asm.wasm")) return plain(request, more);
    const packed = await plain(address.replace(/wasm$/, "packed"), more);
    if (!packed.ok) return packed;
    return new Response(packed.body.pipeThrough(new DecompressionStream("gzip")), {
      headers: { "Content-Type": "application/wasm" },
    });
  };
  try {
    return await load(options);
  } finally {
    globalThis.fetch = plain;
  }
}

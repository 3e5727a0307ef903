// A JupyterLab extension without a build step. JupyterLab asks a container object for its plugins;
// all that ours does is load the script that the book's pages use, from the folder that this file
// is served from.
(() => {
  const here = document.currentScript.src.replace(/[^/]*$/, "");
  const plugin = {
    id: "dslab-trace:element",
    description: "Plays dslab's recorded runs.",
    autoStart: true,
    activate: () => import(`${here}dslab.js`),
  };
  const container = {
    init: () => {},
    get: async () => () => ({ __esModule: true, default: plugin }),
  };
  (window._JUPYTERLAB ??= {})["dslab-trace"] = container;
})();

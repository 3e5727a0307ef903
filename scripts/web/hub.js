// The labels of ipywidgets still hand their text to MathJax 2, whose queue this is.
window.MathJax = window.MathJax || {};
window.MathJax.Hub = { Queue: (...calls) => calls.forEach((call) => Array.isArray(call) && call[0] && call[0].call(call[1])) };

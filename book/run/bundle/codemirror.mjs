// Bundled into vendor/codemirror.mjs: the editor and the little of Markdown that outputs need.
export { Compartment, EditorState } from "@codemirror/state";
export { EditorView, drawSelection, highlightSpecialChars, keymap } from "@codemirror/view";
export { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
export {
  bracketMatching,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
export { python, pythonLanguage } from "@codemirror/lang-python";
export { classHighlighter, highlightCode } from "@lezer/highlight";
export { default as MarkdownIt } from "markdown-it";

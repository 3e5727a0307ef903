// The editor of a cell: CodeMirror where it was bundled, a plain text field where it wasn't.

let mirror = null;

/** To be awaited once before editors are made. */
export async function loadEditor() {
  try {
    mirror = await import("./vendor/codemirror.mjs");
  } catch {
    mirror = null; // A book built without npm.
  }
  return mirror;
}

/** An editor in `parent`, with `text`, and `focus()`. `on`: change(text), run(moveOn). */
export function makeEditor(parent, text, label, on) {
  // The theme's shortcuts (a slash goes to the search field) are not meant for who writes code.
  parent.addEventListener("keydown", (event) => event.stopPropagation());
  return mirror ? coded(parent, text, label, on) : plain(parent, text, label, on);
}

function coded(parent, text, label, on) {
  const {
    EditorState,
    EditorView,
    drawSelection,
    highlightSpecialChars,
    keymap,
    defaultKeymap,
    history,
    historyKeymap,
    indentWithTab,
    bracketMatching,
    indentOnInput,
    indentUnit,
    syntaxHighlighting,
    python,
    classHighlighter,
  } = mirror;
  const runs = (moveOn) => () => {
    on.run(moveOn);
    return true;
  };
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        keymap.of([
          { key: "Shift-Enter", run: runs(true) },
          { key: "Mod-Enter", run: runs(false) },
          { key: "Ctrl-Enter", run: runs(false) },
          ...historyKeymap,
          indentWithTab,
          ...defaultKeymap.filter(({ key }) => key !== "Mod-Enter" && key !== "Shift-Enter"),
        ]),
        history(),
        drawSelection(),
        highlightSpecialChars(),
        bracketMatching(),
        indentOnInput(),
        indentUnit.of("    "),
        python(),
        syntaxHighlighting(classHighlighter),
        EditorView.contentAttributes.of({
          "aria-label": label,
          "aria-describedby": "run-keys",
          spellcheck: "false",
          autocapitalize: "off",
          tabindex: "0",
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) on.change(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    get text() {
      return view.state.doc.toString();
    },
    set text(next) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } });
    },
    focus: () => view.focus(),
  };
}

function plain(parent, text, label, on) {
  const field = document.createElement("textarea");
  Object.assign(field, { value: text, spellcheck: false, className: "run-plain" });
  field.setAttribute("aria-label", label);
  field.setAttribute("aria-describedby", "run-keys");
  const fit = () => {
    field.rows = field.value.split("\n").length + 1;
  };
  field.addEventListener("input", () => {
    fit();
    on.change(field.value);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.shiftKey || event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    on.run(event.shiftKey);
  });
  parent.append(field);
  fit();
  return {
    get text() {
      return field.value;
    },
    set text(next) {
      field.value = next;
      fit();
      on.change(next);
    },
    focus: () => field.focus(),
  };
}

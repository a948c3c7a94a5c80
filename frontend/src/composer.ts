/** The composer: tree, form and text are views of one text; every change is a change of the text, so undo covers all. */

import { autocompletion, completeFromList } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, redo, undo } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState, StateEffect, StateField, Transaction } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

import { send, sentence } from "./send";
import { drawForm, type Form } from "./stepform";
import { type Place, Tree, type TreeNode } from "./tree";

interface Checked {
  errors: { line: number; message: string }[];
  tree: TreeNode[];
  form: Form | null;
  differences: string[];
  base: string;
  summary?: string;
  error?: string;
  text?: string;
  selected?: Place;
}

const QUIET = 250;
const element = <T extends HTMLElement>(selector: string): T => {
  const found = document.querySelector<T>(selector);
  if (found === null) throw new Error(selector);
  return found;
};

const place = element<HTMLElement>(".composer");
const saved = element("#saved");
const problem = element("#problem");
let seen = place.dataset.digest ?? "";
let timer: number | undefined;
let turn = 0;
let saving: Promise<void> = Promise.resolve();
let changes: Promise<void> = Promise.resolve();

const look = EditorView.theme({
  "&": { backgroundColor: "var(--raised)", color: "var(--ink)" },
  ".cm-scroller": { overflow: "auto" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--raised)", color: "var(--quiet)", border: "0" },
  ".cm-chosen": { backgroundColor: "color-mix(in srgb, var(--accent) 14%, transparent)", boxShadow: "inset 3px 0 var(--accent)" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--accent) 8%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 28%, transparent)",
  },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--ink)", border: "1px solid var(--line)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
});
const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: tags.comment, color: "var(--quiet)", fontStyle: "italic" },
  { tag: [tags.number, tags.bool], color: "var(--warm)" },
]);

/** The lines of the step that is chosen in the tree. */
const choose = StateEffect.define<[number, number] | null>();
const chosen = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (marks, change) => {
    let now = marks.map(change.changes);
    for (const effect of change.effects) {
      if (!effect.is(choose)) continue;
      const [first, last] = effect.value ?? [1, 0];
      const marked = [];
      for (let line = first; line <= Math.min(last, change.state.doc.lines); line++)
        marked.push(Decoration.line({ class: "cm-chosen" }).range(change.state.doc.line(line).from));
      now = Decoration.set(marked);
    }
    return now;
  },
  provide: (field) => EditorView.decorations.from(field),
});

const view = new EditorView({
  parent: element("#editor"),
  state: EditorState.create({
    doc: element<HTMLTextAreaElement>("#source").value,
    extensions: [
      lineNumbers(),
      history(),
      indentOnInput(),
      bracketMatching(),
      highlightActiveLine(),
      chosen,
      lintGutter(),
      yaml(),
      syntaxHighlighting(colours),
      look,
      autocompletion({ override: [completeFromList((place.dataset.words ?? "").split(" "))] }),
      keymap.of([...defaultKeymap, ...historyKeymap]),
      EditorView.lineWrapping,
      EditorView.cspNonce.of(place.dataset.nonce ?? ""),
      EditorView.contentAttributes.of({ "aria-label": "Protocol as YAML", tabindex: "0" }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) later();
        else if (update.selectionSet && update.view.hasFocus) follow();
      }),
    ],
  }),
});

const text = (): string => view.state.doc.toString();

function replace(next: string): void {
  const now = text();
  if (now === next) return;
  let start = 0;
  while (start < Math.min(now.length, next.length) && now[start] === next[start]) start++;
  let end = 0;
  while (end < Math.min(now.length, next.length) - start && now.at(-1 - end) === next.at(-1 - end)) end++;
  view.dispatch({
    changes: { from: start, to: now.length - end, insert: next.slice(start, next.length - end) },
    annotations: Transaction.userEvent.of("input.tree"),
  });
}

const tree = new Tree(element("#tree"), {
  selected: () => {
    reveal();
    void check();
  },
  does: (what) => void act(what),
});

/** Mark the chosen step in the text. */
function mark(): void {
  view.dispatch({ effects: choose.of(tree.lines()) });
}

/** Mark it, bring it into sight within its pane, and let the cursor begin there. */
function reveal(): void {
  mark();
  const lines = tree.lines();
  if (lines === null || lines[0] > view.state.doc.lines) return;
  const { from } = view.state.doc.line(lines[0]);
  view.dispatch({ selection: { anchor: from } });
  const scroll = (): void => {
    const { top, bottom } = view.lineBlockAt(from);
    const { scrollTop, clientHeight } = view.scrollDOM;
    if (top < scrollTop || bottom > scrollTop + clientHeight) view.scrollDOM.scrollTop = top - clientHeight / 3;
  };
  scroll();
  requestAnimationFrame(scroll); // heights of lines that were out of sight are known now
}

let following: number | undefined;

/** Choose in the tree what the cursor is in. */
function follow(): void {
  window.clearTimeout(following);
  following = window.setTimeout(() => {
    if (!tree.follow(view.state.doc.lineAt(view.state.selection.main.head).number)) return;
    mark();
    void check();
  }, QUIET);
}

function later(): void {
  saved.textContent = "not saved yet";
  window.clearTimeout(timer);
  timer = window.setTimeout(() => {
    void check();
    void save();
  }, QUIET);
}

async function check(): Promise<void> {
  const mine = ++turn;
  const found = (await send(place.dataset.check ?? "", { text: text(), place: tree.place })) as unknown as Checked;
  if (mine === turn) show(found);
}

/** One change after the other, each of the text as it is then: none is lost to a check or to another change. */
function change(what: string, where: Place, value = ""): Promise<void> {
  changes = changes.then(() => changeNow(what, where, value));
  return changes;
}

async function changeNow(what: string, where: Place, value: string): Promise<void> {
  const sent = text();
  const body = { text: sent, what, place: where, value };
  const found = (await send(place.dataset.edit ?? "", body)) as unknown as Checked;
  if (text() !== sent) return changeNow(what, where, value); // typed meanwhile
  turn++;
  if (found.error !== undefined) {
    say(found.error);
    return;
  }
  tree.place = found.selected ?? tree.place;
  replace(found.text ?? text());
  show(found);
  if (what !== "set") reveal();
}

function show(found: Checked): void {
  if (found.error !== undefined) {
    say(found.error);
    return;
  }
  say("");
  const lines = view.state.doc.lines;
  view.dispatch(
    setDiagnostics(
      view.state,
      found.errors.map((one) => {
        const line = view.state.doc.line(Math.max(1, Math.min(one.line, lines)));
        return { from: line.from, to: line.to, severity: "error" as const, message: one.message };
      }),
    ),
  );
  const first = found.errors[0];
  if (first !== undefined) say(first.message);
  element("#summary").textContent = found.summary ?? "";
  if (found.tree.length > 0) {
    tree.draw(found.tree);
    mark();
    if (view.hasFocus) follow();
  }
  drawForm(element("#form"), found.form, tree.place, change);
  const list = element("#differences");
  if (found.errors.length > 0) return;
  list.replaceChildren();
  const intro = document.createElement("p");
  intro.className = "quiet";
  intro.textContent =
    found.base === ""
      ? "This protocol is compared with none: it is no copy of a library protocol."
      : found.differences.length === 0
        ? `Runs exactly as ${found.base} does.`
        : `Against ${found.base}:`;
  list.append(intro);
  if (found.differences.length > 0) {
    const points = document.createElement("ul");
    for (const sentence of found.differences) {
      const point = document.createElement("li");
      point.textContent = sentence;
      points.append(point);
    }
    list.append(points);
  }
}

function say(message: string): void {
  problem.textContent = sentence(message);
}

function save(): Promise<void> {
  saving = saving.then(async () => {
    const now = text();
    const answer = await send(place.dataset.save ?? "", { text: now, seen });
    if (typeof answer.text === "string") conflict(answer.text, String(answer.digest));
    else if (answer.error !== undefined) saved.textContent = `not saved: ${answer.error}`;
    else {
      seen = String(answer.digest);
      saved.textContent = text() === now ? "saved" : "not saved yet";
    }
  });
  return saving;
}

/** Another tab or program wrote the file: the reader decides, and nothing is lost, as undo keeps both. */
function conflict(other: string, digest: string): void {
  const box = element("#conflict");
  box.hidden = false;
  box.textContent = "The file was changed elsewhere. ";
  const choices: [string, () => void][] = [
    ["Take that version", () => replace(other)],
    ["Keep mine", () => undefined],
  ];
  for (const [name, action] of choices) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", () => {
      seen = digest;
      box.hidden = true;
      action();
      void check();
      void save();
    });
    box.append(" ", button);
  }
  saved.textContent = "not saved";
}

async function act(what: string): Promise<void> {
  await changes;
  const at = tree.place;
  const last = at.at(-1);
  if (what === "up" || what === "down") await change("move", at, what === "up" ? "-1" : "1");
  else if (what === "arm") await change("arm", []);
  else if (what === "add") {
    const kind = element<HTMLSelectElement>("#kind").value;
    const inArms = at.length === 0 || (at.length === 1 && at[0] === "arms");
    if (inArms) say("choose an arm or a step first, the new step comes after it");
    else await change("add", typeof last === "number" ? [...at.slice(0, -1), last + 1] : [...at, 10_000], kind);
  } else await change(what, at);
  tree.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-do]") : null;
  if (button !== null) void act(button.dataset.do ?? "");
});
element("#undo").addEventListener("click", () => undo(view));
element("#redo").addEventListener("click", () => redo(view));
window.addEventListener("pagehide", () => {
  window.clearTimeout(timer);
  if (saved.textContent !== "saved") void save();
});
void check();

/** The form of a step: every field with unit, range, default and where its value comes from. */

import type { Place } from "./tree";

interface Field {
  name: string;
  kind: string;
  value: string;
  about: string;
  unit: string;
  range: string;
  default: string;
  source: string;
  choices: string[];
  /** How the value is given, and how it could be: one value, drawn, a range. */
  shape: string;
  shapes: Record<string, string>;
  parts: Part[];
  variable?: boolean;
}

interface Part {
  name: string;
  place: Place;
  value: string;
  about: string;
  unit: string;
  range: string;
  default: string;
  source: string;
}

export interface Form {
  kind: string;
  title: string;
  about: string;
  fields: Field[];
  beside: Field[];
}

type Change = (what: string, place: Place, value: string) => Promise<void>;

let drawn = "";

export function drawForm(root: HTMLElement, form: Form | null, place: Place, change: Change): void {
  // a form that says the same is left alone, as somebody may be typing in it
  const says = JSON.stringify([form, place]);
  if (says === drawn) return;
  drawn = says;
  const active = document.activeElement;
  const focused = active instanceof HTMLElement && root.contains(active) ? active.id : "";
  root.replaceChildren();
  if (form === null) {
    root.append(place.length === 2 && place[0] === "arms" ? armForm(place, change) : line("Choose a step in the tree."));
  } else {
    const title = document.createElement("h3");
    title.textContent = form.title;
    root.append(title, line(form.about));
    for (const field of form.fields) root.append(drawField(field, place, change));
    if (form.fields.some((field) => field.variable)) root.append(variableButton(form.kind, place, change));
    if (form.beside.length === 0) return refocus(focused);
    const more = document.createElement("details");
    more.open = form.beside.some((field) => field.value !== "");
    const summary = document.createElement("summary");
    summary.textContent = "Who takes the step, and when";
    more.append(summary, ...form.beside.map((field) => drawField(field, place, change)));
    root.append(more);
  }
  refocus(focused);
}

function refocus(id: string): void {
  if (id !== "") document.getElementById(id)?.focus();
}

function line(text: string): HTMLElement {
  const made = document.createElement("p");
  made.className = "quiet";
  made.textContent = text;
  return made;
}

function drawField(field: Field, place: Place, change: Change): HTMLElement {
  const where = [...place, field.kind, field.name];
  const id = `field-${field.kind}-${field.name}`;
  if (field.parts.length > 0) return drawParts(field, where, id, change);
  const input = field.choices.length > 0 ? choose(field) : Object.assign(document.createElement("input"), { value: field.value });
  const box = labelled(input, id, field.name.replaceAll("_", " "), field);
  input.addEventListener("change", () => void change("set", where, input.value));
  if (Object.keys(field.shapes).length > 0) input.after(shapeOf(field, where, id, change));
  return box;
}

/** A value of several parts: a distribution over subjects, or the values of a variable. */
function drawParts(field: Field, where: Place, id: string, change: Change): HTMLElement {
  const box = Object.assign(document.createElement("fieldset"), { className: "field parts" });
  const legend = Object.assign(document.createElement("legend"), { textContent: field.name.replaceAll("_", " ") });
  const about = line(facts({ ...field, unit: "" }));
  about.className = "hint";
  box.append(legend, about);
  if (field.variable) {
    const name = Object.assign(document.createElement("input"), { value: field.name });
    name.addEventListener("change", () => void change("variable", where, name.value));
    const said = { about: "letters, digits and _; empty: take the variable away", unit: "", range: "", default: "", source: "" };
    box.append(labelled(name, `${id}-variable`, "variable", said));
  }
  box.append(shapeOf(field, where, id, change));
  for (const part of field.parts) {
    const input = Object.assign(document.createElement("input"), { value: part.value });
    const key = [id, ...part.place].join("-");
    input.addEventListener("change", () => void change("part", [...where, ...part.place], input.value));
    box.append(labelled(input, key, part.name, part));
  }
  return box;
}

type Said = Pick<Field, "about" | "unit" | "range" | "default" | "source">;

function labelled(input: HTMLInputElement | HTMLSelectElement, id: string, name: string, said: Said): HTMLElement {
  const box = Object.assign(document.createElement("div"), { className: "field" });
  const label = Object.assign(document.createElement("label"), { htmlFor: id, textContent: name });
  if (said.unit !== "") label.append(Object.assign(document.createElement("span"), { className: "unit", textContent: said.unit }));
  input.id = id;
  if (input instanceof HTMLInputElement) input.placeholder = said.default === "required" ? "" : said.default;
  input.setAttribute("aria-describedby", `${id}-about`);
  const about = Object.assign(document.createElement("p"), { id: `${id}-about`, className: "hint", textContent: facts(said) });
  box.append(label, input, about);
  return box;
}

function facts(said: Said): string {
  return [
    said.about,
    said.range === "" ? "" : `range: ${said.range}`,
    said.default === "" ? "" : said.default === "required" ? "required" : `default: ${said.default}`,
    said.source === "" ? "" : `source: ${said.source}`,
  ]
    .filter((fact) => fact !== "")
    .join(" · ");
}

function shapeOf(field: Field, where: Place, id: string, change: Change): HTMLSelectElement {
  const select = document.createElement("select");
  select.id = `${id}-shape`;
  select.className = "shape";
  select.setAttribute("aria-label", `how ${field.name.replaceAll("_", " ")} is given`);
  for (const [shape, title] of Object.entries(field.shapes)) select.append(new Option(title, shape, false, shape === field.shape));
  select.addEventListener("change", () => void change("shape", where, select.value));
  return select;
}

function variableButton(kind: string, place: Place, change: Change): HTMLElement {
  const button = Object.assign(document.createElement("button"), { type: "button", id: "add-variable", textContent: "Add a variable" });
  button.addEventListener("click", () => void change("variable", [...place, kind], ""));
  return button;
}

function choose(field: Field): HTMLSelectElement {
  const select = document.createElement("select");
  for (const choice of ["", ...field.choices]) {
    const option = new Option(choice === "" ? `default (${field.default})` : choice, choice);
    option.selected = choice === field.value;
    select.append(option);
  }
  return select;
}

function armForm(place: Place, change: Change): HTMLElement {
  const box = document.createElement("div");
  box.className = "field";
  const label = Object.assign(document.createElement("label"), { htmlFor: "arm-name", textContent: "name of the arm" });
  const input = Object.assign(document.createElement("input"), { id: "arm-name", value: String(place[1]) });
  input.addEventListener("change", () => void change("rename", place, input.value));
  box.append(label, input);
  return box;
}

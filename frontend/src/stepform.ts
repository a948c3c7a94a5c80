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
}

export interface Form {
  kind: string;
  title: string;
  about: string;
  fields: Field[];
  beside: Field[];
}

type Change = (what: string, place: Place, value: string) => Promise<void>;

export function drawForm(root: HTMLElement, form: Form | null, place: Place, change: Change): void {
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
    const more = document.createElement("details");
    more.open = form.beside.some((field) => field.value !== "");
    const summary = document.createElement("summary");
    summary.textContent = "Who takes the step, and when";
    more.append(summary, ...form.beside.map((field) => drawField(field, place, change)));
    root.append(more);
  }
  if (focused !== "") document.getElementById(focused)?.focus();
}

function line(text: string): HTMLElement {
  const made = document.createElement("p");
  made.className = "quiet";
  made.textContent = text;
  return made;
}

function drawField(field: Field, place: Place, change: Change): HTMLElement {
  const box = document.createElement("div");
  box.className = "field";
  const id = `field-${field.kind}-${field.name}`;
  const label = document.createElement("label");
  label.htmlFor = id;
  label.textContent = field.name.replaceAll("_", " ");
  if (field.unit !== "") label.append(Object.assign(document.createElement("span"), { className: "unit", textContent: field.unit }));
  const input = field.choices.length > 0 ? choose(field) : Object.assign(document.createElement("input"), { value: field.value });
  input.id = id;
  if (input instanceof HTMLInputElement) input.placeholder = field.default === "required" ? "" : field.default;
  input.setAttribute("aria-describedby", `${id}-about`);
  input.addEventListener("change", () => void change("set", [...place, field.kind, field.name], input.value));
  const about = document.createElement("p");
  about.id = `${id}-about`;
  about.className = "hint";
  const facts = [
    field.about,
    field.range === "" ? "" : `range: ${field.range}`,
    field.default === "" ? "" : field.default === "required" ? "required" : `default: ${field.default}`,
    field.source === "" ? "" : `source: ${field.source}`,
  ];
  about.textContent = facts.filter((fact) => fact !== "").join(" · ");
  box.append(label, input, about);
  return box;
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

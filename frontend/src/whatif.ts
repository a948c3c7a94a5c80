/** Changed values: rows for more of them, and the control, proposed again whenever one changes, with its reason. */

import { searchable } from "./search";
import { sentence } from "./send";

interface Proposed {
  arm?: string;
  control?: string;
  why?: string;
}

export function proposeControls(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-propose]");
  const said = form?.querySelector<HTMLElement>(".proposed") ?? null;
  if (form === null || said === null) return;
  let turn = 0;
  let own = false;
  const select = (name: string): HTMLSelectElement => form.elements.namedItem(name) as HTMLSelectElement;

  const ask = async (changed: string): Promise<void> => {
    const mine = ++turn;
    const asked = new URLSearchParams();
    for (const row of form.querySelectorAll(".change"))
      for (const field of row.querySelectorAll<HTMLInputElement | HTMLSelectElement>("[name]")) asked.append(field.name, field.value);
    if (changed !== "path") asked.set("arm", select("arm").value);
    const response = await fetch(`${form.dataset.propose ?? ""}?${asked.toString()}`).catch(() => null);
    if (response?.ok !== true || mine !== turn) return;
    const found = (await response.json()) as Proposed;
    if (mine !== turn) return;
    if (found.arm !== undefined) select("arm").value = found.arm;
    const control = found.control ?? "none";
    select("control").value = control;
    const strong = Object.assign(document.createElement("strong"), {
      textContent: `Proposed: ${control === "none" ? "no control chosen" : control}.`,
    });
    said.replaceChildren(strong, ` ${sentence(found.why ?? "")}`);
  };
  form.addEventListener("change", (event) => {
    if (event.target instanceof HTMLSelectElement) explain(event.target);
    const name = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement ? event.target.name : "";
    if (name === "path" || name === "arm") own = false;
    if (name === "path" || name === "arm" || (name === "value" && !own)) void ask(name);
    // a control that the reader chooses says for itself what it isolates, and no proposal takes its place
    if (name === "control") {
      own = true;
      turn++;
      said.textContent = select("control").selectedOptions[0]?.textContent ?? "";
    }
  });
  rows(form, () => void (own || ask("value")));
  form.querySelectorAll<HTMLSelectElement>(".change select").forEach(explain);
  // chosen before this script ran, or kept by the browser over a reload
  const kept = form.querySelector<HTMLSelectElement>("select[name=path]");
  if (kept !== null && kept.selectedIndex > 0) {
    explain(kept);
    void ask("path");
  }
}

/** What the chosen value is, what it means, its range, default and source. */
function explain(select: HTMLSelectElement): void {
  const about = select.closest(".change")?.querySelector<HTMLElement>(":scope > .hint");
  const chosen = select.selectedOptions[0];
  if (!about || select.name !== "path" || chosen === undefined) return;
  const name = Object.assign(document.createElement("strong"), { textContent: chosen.textContent });
  about.replaceChildren(name, `: ${chosen.dataset.about ?? ""}`);
}

/** More than one changed value: each has a row, and all but the first can be taken away again. */
function rows(form: HTMLFormElement, changed: () => void): void {
  const place = form.querySelector<HTMLElement>(".changes");
  const more = form.querySelector<HTMLButtonElement>("[data-more-changes]");
  const alone = form.querySelector<HTMLElement>(".check");
  const first = place?.querySelector<HTMLElement>(".change");
  if (!place || !more || !alone || !first) return;
  const pristine = first.cloneNode(true) as HTMLElement;
  first.querySelectorAll("select").forEach(searchable);
  let made = 1;
  const settle = (): void => {
    alone.hidden = place.children.length < 2;
    more.hidden = place.children.length >= Number(place.dataset.most);
  };
  more.addEventListener("click", () => {
    const row = pristine.cloneNode(true) as HTMLElement;
    made++;
    for (const field of row.querySelectorAll<HTMLInputElement | HTMLSelectElement>("[name]")) {
      const label = row.querySelector<HTMLLabelElement>(`label[for="${field.id}"]`);
      field.id = `${field.id}-${made}`;
      if (label !== null) label.htmlFor = field.id;
      if (field instanceof HTMLSelectElement) {
        const taken = [...form.querySelectorAll<HTMLSelectElement>("select[name=path]")];
        const last = Math.max(...taken.map((one) => one.selectedIndex));
        field.selectedIndex = Math.min(last + 1, field.options.length - 1);
      }
    }
    const [about, value] = [row.querySelector<HTMLElement>(".hint"), row.querySelector<HTMLInputElement>("input[name=value]")];
    if (about !== null) about.id = `about-${made}`;
    value?.setAttribute("aria-describedby", `about-${made}`);
    const away = Object.assign(document.createElement("button"), { type: "button", className: "plain", textContent: "Take this change away" });
    away.addEventListener("click", () => {
      row.remove();
      settle();
      changed();
      form.dispatchEvent(new Event("change"));
      more.focus();
    });
    row.append(away);
    place.append(row);
    row.querySelectorAll("select").forEach(searchable);
    row.querySelectorAll("select").forEach(explain);
    settle();
    row.querySelector<HTMLElement>("[role=combobox]")?.focus();
    changed();
  });
}

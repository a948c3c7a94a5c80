/** Forms with `data-post`: sent as JSON, errors where they were typed, a second question where the server has one. */

import { fieldsOf, send, sentence } from "./send";

export function listenToForms(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.dataset.post === undefined) return;
    event.preventDefault();
    void submit(form);
  });
}

async function submit(form: HTMLFormElement): Promise<void> {
  const url = form.dataset.post ?? "";
  const buttons = [...form.querySelectorAll("button")];
  const error = form.querySelector<HTMLElement>(".error");
  for (const button of buttons) button.disabled = true;
  const answer = await send(url, fieldsOf(form));
  for (const button of buttons) button.disabled = false;
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  if (answer.go !== undefined) {
    const target = new URL(answer.go, location.href);
    if (target.pathname === location.pathname && target.search === location.search) location.reload();
    else location.assign(target);
    return;
  }
  if (answer.confirm !== undefined && error !== null) {
    ask(form, error, String(answer.confirm));
    return;
  }
  if (error === null) return;
  const text = answer.error ?? "this did not work; reload the page";
  error.textContent = sentence(text);
  const named = text.split(":")[0]?.trim() ?? "";
  const there = form.elements.namedItem(named);
  const kept = there instanceof RadioNodeList ? [...there].find((one) => one instanceof HTMLInputElement && one.value === "") ?? there[0] : there;
  // a select that has a search is behind its field
  const field = kept instanceof HTMLSelectElement && kept.hidden ? kept.nextElementSibling?.querySelector("input") : kept;
  if (field instanceof HTMLElement) {
    field.setAttribute("aria-invalid", "true");
    field.focus();
  }
}

/** A second confirmation, in the place of the first. */
function ask(form: HTMLFormElement, place: HTMLElement, question: string): void {
  place.textContent = `${question} `;
  const yes = document.createElement("input");
  yes.type = "hidden";
  yes.name = "confirmed";
  yes.value = "yes";
  const button = document.createElement("button");
  button.textContent = "Start it all the same";
  button.addEventListener("click", () => form.append(yes));
  place.append(button);
  button.focus();
}

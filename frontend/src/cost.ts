/** The cost of a run is shown before it starts, and again whenever a field of its form changes. */

import { fieldsOf, send, sentence } from "./send";

export function showCosts(): void {
  for (const place of document.querySelectorAll<HTMLElement>("[data-cost]")) {
    const form = place.closest("form");
    if (form === null) continue;
    let turn = 0;
    const ask = async (): Promise<void> => {
      const mine = ++turn;
      place.setAttribute("aria-busy", "true");
      const answer = await send(place.dataset.cost ?? "", fieldsOf(form));
      if (mine !== turn) return;
      place.removeAttribute("aria-busy");
      place.textContent = String(answer.sentence ?? sentence(answer.error ?? ""));
    };
    form.addEventListener("change", () => void ask());
    // a rehearsal that takes long waits until somebody is at the form
    if (place.dataset.when === "asked") form.addEventListener("focusin", () => void ask(), { once: true });
    else void ask();
  }
}

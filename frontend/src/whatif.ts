/** The control for a changed value: proposed again whenever value or arm change, preselected, with its reason. */

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
  const field = (name: string): HTMLInputElement | HTMLSelectElement =>
    form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement;

  const ask = async (changed: string): Promise<void> => {
    const mine = ++turn;
    const asked = new URLSearchParams({ path: field("path").value, value: field("value").value });
    if (changed !== "path") asked.set("arm", field("arm").value);
    const response = await fetch(`${form.dataset.propose ?? ""}?${asked.toString()}`).catch(() => null);
    if (response?.ok !== true || mine !== turn) return;
    const found = (await response.json()) as Proposed;
    if (mine !== turn) return;
    if (found.arm !== undefined) field("arm").value = found.arm;
    const control = found.control ?? "none";
    const choice = form.querySelector<HTMLInputElement>(`input[name=control][value="${CSS.escape(control)}"]`);
    if (choice !== null) choice.checked = true;
    const why = found.why ?? "";
    const [name, reason] = [said.querySelector("strong"), said.querySelector("span")];
    if (name !== null) name.textContent = `Proposed: ${control === "none" ? "no control chosen" : control}.`;
    if (reason !== null) reason.textContent = `${why.charAt(0).toUpperCase()}${why.slice(1)}.`;
  };
  form.addEventListener("change", (event) => {
    const name = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement ? event.target.name : "";
    if (name === "path" || name === "arm" || name === "value") void ask(name);
  });
}

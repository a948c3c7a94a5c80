/** A long list with a search by words: a combobox with list autocomplete by the ARIA pattern, above the select that keeps the choice. */

interface Choice {
  value: string;
  group: string;
  words: string;
  now: string;
  about: string;
  text: Set<string>;
}

const wordsOf = (text: string): string[] => text.toLowerCase().split(/[^\p{L}\p{N}.]+/u).filter(Boolean);

/** Every word of the question begins a word of the text; a number is a whole one. */
function has(text: Set<string>, asked: string[]): boolean {
  return asked.every((word) => text.has(word) || (!/^[\d.]+$/.test(word) && [...text].some((one) => one.startsWith(word))));
}

/** The choices of a select, and every round by itself where a choice stands for several. */
function choicesOf(select: HTMLSelectElement): { listed: Choice[]; single: Choice[] } {
  const [listed, single]: [Choice[], Choice[]] = [[], []];
  for (const option of select.options) {
    const group = option.parentElement instanceof HTMLOptGroupElement ? option.parentElement.label : "";
    const { words = "", now = "", about = "", rounds } = option.dataset;
    const made = (value: string, said: string): Choice => ({
      value, group, words: said, now, about, text: new Set(wordsOf(`${group} ${said} ${now} ${value.replace(/\[[\d,]*\]/g, " ")}`)),
    });
    listed.push(made(option.value, words));
    rounds?.split("|").forEach((round, at) => {
      const path = option.value.replace(/\[(\d+(?:,\d+)+)\]/, (_, list: string) => `[${list.split(",")[at] ?? ""}]`);
      single.push(made(path, `${words.replace(/, in (all \d+ )?(round|level).*$/, "")}, in ${round}`));
    });
  }
  return { listed, single };
}

/** The field that stands for a select; its label and description become the field's. */
export function searchable(select: HTMLSelectElement): void {
  const { listed, single } = choicesOf(select);
  const id = select.id;
  const make = <K extends keyof HTMLElementTagNameMap>(tag: K, about: Record<string, string>, text = ""): HTMLElementTagNameMap[K] => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(about)) made.setAttribute(name, value);
    made.textContent = text;
    return made;
  };
  select.id = `${id}-chosen`;
  select.hidden = true;
  const field = make("input", {
    id, type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", "aria-autocomplete": "list",
    "aria-expanded": "false", "aria-controls": `${id}-list`, "aria-describedby": `${id}-count`,
  });
  const list = make("div", { id: `${id}-list`, role: "listbox", "aria-label": "Values", class: "choices" });
  const count = make("span", { id: `${id}-count`, class: "hint", role: "status" });
  const whole = make("div", { class: "combo" });
  list.hidden = true;
  whole.append(field, list, count);
  select.after(whole);

  let shown: Choice[] = [];
  let active = -1;
  const said = (): string => select.selectedOptions[0]?.textContent ?? "";
  const rest = (): void => {
    field.value = said();
    count.textContent = `${listed.length} values; type ${select.dataset.search ?? "words"}`;
    if (single.length > 0) count.textContent += ", or “round” for one round alone";
  };
  const mark = (at: number): void => {
    const options = [...list.querySelectorAll<HTMLElement>("[role=option]")];
    active = options.length === 0 ? -1 : (at + options.length) % options.length;
    options.forEach((one, index) => one.setAttribute("aria-selected", String(index === active)));
    const marked = options[active];
    if (marked === undefined) field.removeAttribute("aria-activedescendant");
    else {
      field.setAttribute("aria-activedescendant", marked.id);
      marked.scrollIntoView({ block: "nearest" });
    }
  };
  const close = (): void => {
    list.hidden = true;
    list.replaceChildren();
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
    active = -1;
    rest();
  };
  const open = (asked: string[]): void => {
    const every = asked.some((word) => /^(round|level)s?$/.test(word)) ? [...single, ...listed] : listed;
    shown = every.filter((one) => has(one.text, asked));
    // what a value means is searched where no name has the words
    if (shown.length === 0) shown = every.filter((one) => has(new Set([...one.text, ...wordsOf(one.about)]), asked));
    const groups = new Map<string, Choice[]>();
    for (const one of shown) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
    shown = [...groups.values()].flat();
    let at = 0;
    list.replaceChildren(
      ...[...groups].map(([name, choices], number) => {
        const group = make("div", { role: "group", "aria-labelledby": `${id}-group-${number}` });
        group.append(make("div", { id: `${id}-group-${number}`, role: "presentation", class: "choices-group" }, name));
        for (const choice of choices) {
          const option = make("div", { id: `${id}-option-${at}`, role: "option", "aria-selected": "false" });
          option.dataset.at = String(at++);
          option.append(make("span", {}, choice.words), make("span", { class: "quiet" }, ` now ${choice.now}`));
          group.append(option);
        }
        return group;
      }),
    );
    list.hidden = shown.length === 0;
    field.setAttribute("aria-expanded", String(shown.length > 0));
    count.textContent = shown.length === 0 ? "No value has these words." : `${shown.length} of ${every.length} values`;
    mark(asked.length > 0 ? 0 : Math.max(0, shown.findIndex((one) => one.value === select.value)));
  };
  const choose = (choice: Choice): void => {
    let option = [...select.options].find((one) => one.value === choice.value);
    if (option === undefined) {
      option = new Option(`${choice.group}, ${choice.words}, now ${choice.now}`, choice.value);
      Object.assign(option.dataset, { words: choice.words, now: choice.now, about: choice.about });
      select.append(option);
    }
    option.selected = true;
    close();
    if (document.activeElement === field) field.select(); // the next words take its place
    select.dispatchEvent(new Event("change", { bubbles: true }));
  };

  field.addEventListener("focus", () => field.select());
  field.addEventListener("click", () => list.hidden && open([]));
  field.addEventListener("input", () => open(wordsOf(field.value)));
  // the choice is told by the select
  field.addEventListener("change", (event) => event.stopPropagation());
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    const chosen = list.hidden ? undefined : shown[active];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) open([]);
      else mark(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && field.getAttribute("aria-expanded") === "true") {
      event.preventDefault();
      if (chosen !== undefined) choose(chosen);
    } else if (event.key === "Enter" && field.value !== said()) {
      event.preventDefault(); // words that nothing has start no run
    } else if (event.key === "Tab" && chosen !== undefined && field.value !== said()) {
      choose(chosen);
    } else if (event.key === "Escape") {
      event.preventDefault();
      close();
      field.select();
    }
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target instanceof Element ? event.target.closest<HTMLElement>("[role=option]") : null;
    const choice = shown[Number(option?.dataset.at)];
    if (option !== null && choice !== undefined) choose(choice);
  });
  rest();
}

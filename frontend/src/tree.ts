/** A tree by the ARIA pattern: one stop for Tab, arrows within, Alt and arrows move a step. */

export type Place = (string | number)[];

export interface TreeNode {
  place: Place;
  label: string;
  kind: string;
  /** Its first and last line in the text; null where it is not written. */
  lines: [number, number] | null;
  inside: TreeNode[];
}

interface Listeners {
  selected(): void;
  does(what: string): void;
}

const keyOf = (place: Place): string => JSON.stringify(place);

export class Tree {
  place: Place = [];
  private closed = new Set<string>();
  private drawn: TreeNode[] = [];

  constructor(
    private readonly root: HTMLElement,
    private readonly listeners: Listeners,
  ) {
    root.addEventListener("keydown", (event) => this.key(event));
    root.addEventListener("click", (event) => {
      const item = event.target instanceof Element ? event.target.closest<HTMLElement>("[role=treeitem]") : null;
      if (item !== null) this.select(item);
    });
  }

  draw(nodes: TreeNode[]): void {
    const focused = this.root.contains(document.activeElement);
    this.drawn = nodes;
    this.root.replaceChildren(...nodes.map((node) => this.item(node, 1)));
    const current = this.current() ?? this.root.querySelector<HTMLElement>("[role=treeitem]");
    if (current === null) return;
    current.tabIndex = 0;
    if (focused) current.focus();
  }

  focus(): void {
    this.current()?.focus();
  }

  /** The lines of what is chosen. */
  lines(): [number, number] | null {
    return this.path((node) => keyOf(node.place) === keyOf(this.place)).at(-1)?.lines ?? null;
  }

  /** Choose what a line of the text belongs to, and show it; the focus stays where it is. Says whether that is another. */
  follow(line: number): boolean {
    const holds = (node: TreeNode): boolean => node.lines !== null && node.lines[0] <= line && line <= node.lines[1];
    const there = this.path((node) => holds(node) && !node.inside.some(holds));
    const found = there.at(-1);
    // several places may be one text, by an alias: the chosen one stays
    const same = this.lines();
    if (found === undefined || found.lines === null || (same !== null && same[0] === found.lines[0] && same[1] === found.lines[1])) return false;
    this.place = found.place;
    for (const above of there.slice(0, -1)) this.closed.delete(keyOf(above.place));
    this.draw(this.drawn);
    const [label, pane] = [this.current()?.querySelector<HTMLElement>(".tree-label"), this.root.parentElement];
    if (label && pane) {
      const [at, within] = [label.getBoundingClientRect(), pane.getBoundingClientRect()];
      if (at.top < within.top || at.bottom > within.bottom) pane.scrollTop += at.top - within.top - pane.clientHeight / 3;
    }
    return true;
  }

  /** The first node that is sought, below all that it is in. */
  private path(sought: (node: TreeNode) => boolean, nodes = this.drawn): TreeNode[] {
    for (const node of nodes) {
      if (sought(node)) return [node];
      const inside = this.path(sought, node.inside);
      if (inside.length > 0) return [node, ...inside];
    }
    return [];
  }

  private item(node: TreeNode, level: number): HTMLElement {
    const item = document.createElement("li");
    const key = keyOf(node.place);
    item.setAttribute("role", "treeitem");
    item.setAttribute("aria-level", String(level));
    item.setAttribute("aria-selected", String(key === keyOf(this.place)));
    item.dataset.place = key;
    item.tabIndex = -1;
    const label = document.createElement("span");
    label.className = `tree-label tree-${node.kind}`;
    label.textContent = node.label;
    item.append(label);
    if (node.inside.length > 0) {
      const open = !this.closed.has(key);
      item.setAttribute("aria-expanded", String(open));
      const group = document.createElement("ul");
      group.setAttribute("role", "group");
      group.hidden = !open;
      group.append(...node.inside.map((one) => this.item(one, level + 1)));
      item.append(group);
    }
    return item;
  }

  private current(): HTMLElement | null {
    return this.root.querySelector<HTMLElement>(`[data-place="${CSS.escape(keyOf(this.place))}"]`);
  }

  private select(item: HTMLElement): void {
    for (const one of this.root.querySelectorAll<HTMLElement>("[role=treeitem]")) {
      one.tabIndex = one === item ? 0 : -1;
      one.setAttribute("aria-selected", String(one === item));
    }
    this.place = JSON.parse(item.dataset.place ?? "[]") as Place;
    item.focus();
    this.listeners.selected();
  }

  private key(event: KeyboardEvent): void {
    const item = event.target instanceof Element ? event.target.closest<HTMLElement>("[role=treeitem]") : null;
    if (item === null) return;
    const done = (): void => {
      event.preventDefault();
      event.stopPropagation();
    };
    const deeds: Record<string, string> = { Delete: "remove" };
    if (event.altKey && event.key === "ArrowUp") return done(), this.listeners.does("up");
    if (event.altKey && event.key === "ArrowDown") return done(), this.listeners.does("down");
    if ((event.ctrlKey || event.metaKey) && event.key === "d") return done(), this.listeners.does("duplicate");
    const deed = deeds[event.key];
    if (deed !== undefined) return done(), this.listeners.does(deed);
    const seen = [...this.root.querySelectorAll<HTMLElement>("[role=treeitem]")].filter((one) => one.offsetParent !== null);
    const at = seen.indexOf(item);
    const open = item.getAttribute("aria-expanded");
    const parent = item.parentElement?.closest<HTMLElement>("[role=treeitem]") ?? null;
    const targets: Record<string, HTMLElement | null | undefined> = {
      ArrowDown: seen[at + 1],
      ArrowUp: seen[at - 1],
      Home: seen[0],
      End: seen.at(-1),
      ArrowRight: open === "true" ? seen[at + 1] : null,
      ArrowLeft: open === "true" ? null : parent,
    };
    if (event.key === "ArrowRight" && open === "false") return done(), this.toggle(item, true);
    if (event.key === "ArrowLeft" && open === "true") return done(), this.toggle(item, false);
    const target = targets[event.key];
    if (target) {
      done();
      this.select(target);
    } else if (event.key === "Enter" || event.key === " ") {
      done();
      this.select(item);
    }
  }

  private toggle(item: HTMLElement, open: boolean): void {
    const key = item.dataset.place ?? "";
    if (open) this.closed.delete(key);
    else this.closed.add(key);
    this.draw(this.drawn);
    this.root.querySelector<HTMLElement>(`[data-place="${CSS.escape(key)}"]`)?.focus();
  }
}

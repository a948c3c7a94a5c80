/** The part of a page that changes: one stream of events while the page is seen, polling where a proxy holds it back. */

const PATIENCE = 4000;
const POLL = 1000;

export function watch(): void {
  const place = document.querySelector<HTMLElement>("[data-live]");
  if (place === null) return;
  const base = place.dataset.live ?? "";
  let source: EventSource | undefined;
  let timer: number | undefined;
  let polling = false;

  let latest = place.dataset.version ?? "";
  let busy = false;

  // one request at a time: on a busy machine they would else wait for each other
  const changed = async (version: string): Promise<void> => {
    latest = version;
    if (busy) return;
    busy = true;
    while (latest !== place.dataset.version) {
      const next = latest;
      const same = next.split(".")[0] === place.dataset.version?.split(".")[0];
      if (!(await (same ? refreshStatus(place, base) : refresh(place, base)))) break;
      place.dataset.version = next;
    }
    busy = false;
  };
  const poll = async (): Promise<void> => {
    if (!document.hidden) {
      try {
        const response = await fetch(`${base}version`);
        if (response.ok) await changed(((await response.json()) as { version: string }).version);
      } catch {
        // the server may come back
      }
    }
    timer = window.setTimeout(() => void poll(), POLL);
  };
  const close = (): void => {
    source?.close();
    source = undefined;
    window.clearTimeout(timer);
  };
  const open = (): void => {
    close();
    if (polling) {
      void poll();
      return;
    }
    source = new EventSource(`${base}events`);
    const giveUp = window.setTimeout(() => {
      polling = true;
      place.dataset.watched = "by polling";
      open();
    }, PATIENCE);
    source.onmessage = (event) => {
      window.clearTimeout(giveUp);
      place.dataset.watched = "by events";
      void changed(String(event.data));
    };
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  open();
}

async function fetched(address: string): Promise<string | null> {
  try {
    const response = await fetch(address);
    return response.ok ? await response.text() : null;
  } catch {
    return null; // the next event tries again
  }
}

function exchange(place: HTMLElement, html: string, parts: string[]): void {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const part of parts) {
    const [old, now] = [place.querySelector(part), fresh.querySelector(part)];
    if (old !== null && now !== null) old.replaceWith(now);
  }
}

const NUMBERS = [".status-line", ".status > progress"];

async function refreshStatus(place: HTMLElement, base: string): Promise<boolean> {
  const html = await fetched(`${base}status`);
  if (html !== null) exchange(place, html, NUMBERS);
  return html !== null;
}

async function refresh(place: HTMLElement, base: string): Promise<boolean> {
  const html = await fetched(`${base}live${location.search}`);
  if (html === null) return false;
  if (place.querySelector("input:focus, select:focus") !== null) {
    // what is being typed stays; only the numbers change
    exchange(place, html, [...NUMBERS, ".chart-rows"]);
  } else {
    const active = document.activeElement;
    const focus = active instanceof Element && place.contains(active) ? whereIs(active, place) : "";
    const open = [...place.querySelectorAll("details")].map((one) => one.open);
    place.innerHTML = html;
    place.querySelectorAll("details").forEach((one, index) => (one.open = open[index] ?? false));
    if (focus !== "") place.querySelector<HTMLElement>(focus)?.focus({ preventScroll: true });
  }
  return true;
}

function whereIs(element: Element, place: Element): string {
  const steps: string[] = [];
  for (let node: Element | null = element; node !== null && node !== place; node = node.parentElement) {
    const index = [...(node.parentElement?.children ?? [])].indexOf(node) + 1;
    steps.unshift(`${node.tagName.toLowerCase()}:nth-child(${index})`);
  }
  return steps.join(" > ");
}

/** Keys in a chart: arrows go from subject to subject in a row and keep to the subject between rows; Enter opens it. */

export function listenToCharts(): void {
  document.addEventListener("keydown", (event) => {
    const dot = event.target;
    if (!(dot instanceof SVGGElement) || !dot.classList.contains("dot")) return;
    const next = neighbour(dot, event.key);
    if (next !== undefined) {
      event.preventDefault();
      dot.setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
      next.focus();
    } else if (event.key === "Enter") {
      open(dot);
    }
  });
  document.addEventListener("click", (event) => {
    const dot = event.target instanceof Element ? event.target.closest<SVGGElement>(".dot") : null;
    if (dot !== null) open(dot);
  });
}

function neighbour(dot: SVGGElement, key: string): SVGGElement | undefined {
  const strip = dot.closest(".strip");
  const dots = [...(strip?.querySelectorAll<SVGGElement>(".dot") ?? [])];
  const at = dots.indexOf(dot);
  if (key === "ArrowRight") return dots[at + 1];
  if (key === "ArrowLeft") return dots[at - 1];
  if (key === "Home") return dots[0];
  if (key === "End") return dots.at(-1);
  if (key !== "ArrowUp" && key !== "ArrowDown") return undefined;
  const strips = [...(dot.closest("[data-chart]")?.querySelectorAll(".strip") ?? [])];
  const other = strip === null ? undefined : strips[strips.indexOf(strip) + (key === "ArrowDown" ? 1 : -1)];
  return other?.querySelector<SVGGElement>(`.dot[data-subject="${dot.dataset.subject ?? ""}"]`) ?? undefined;
}

function open(dot: SVGGElement): void {
  const base = dot.closest<HTMLElement>("[data-live]")?.dataset.live;
  if (base !== undefined && dot.dataset.subject !== undefined) location.assign(`${base}subjects/${dot.dataset.subject}`);
}

"use strict";
const disclaimer = document.querySelector(".disclaimer").textContent;
const written = (cell) => cell.textContent.trim();
const pieces = (text) => text.split(/(\d+(?:\.\d+)?)/);
const natural = (a, b) => {
  const [x, y] = [pieces(a), pieces(b)];
  for (let at = 0; at < Math.min(x.length, y.length); at++) {
    const found = at % 2 ? x[at] - y[at] : x[at].localeCompare(y[at]);
    if (found) return found;
  }
  return x.length - y.length;
};
const order = (a, b) => {
  const [x, y] = [a, b].map((text) => Number.parseFloat(text.replace(/^[<[\s]+/, "")));
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y) || natural(a, b);
  return x - y || natural(a, b);
};
for (const button of document.querySelectorAll("thead button")) {
  button.addEventListener("click", () => {
    const head = button.closest("th");
    const body = head.closest("table").tBodies[0];
    const turn = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", turn === 1 ? "ascending" : "descending");
    const at = head.cellIndex;
    body.append(...[...body.rows].sort((a, b) => turn * order(written(a.cells[at]), written(b.cells[at]))));
  });
}
for (const button of document.querySelectorAll(".csv")) {
  button.addEventListener("click", () => {
    const figure = button.closest("figure");
    const quoted = (cell) => `"${written(cell).replaceAll('"', '""')}"`;
    const lines = [...figure.querySelectorAll("tr")].map((row) => [...row.cells].map(quoted).join(","));
    const cut = figure.querySelector(".cut");
    const head = [disclaimer, ...(cut ? [written(cut)] : [])].map((line) => `# ${line}\n`).join("");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${head}${lines.join("\n")}\n`], { type: "text/csv" }));
    link.download = `${figure.id}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  });
}

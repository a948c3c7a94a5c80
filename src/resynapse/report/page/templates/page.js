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
const save = (name, text) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = `${name}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
};
for (const button of document.querySelectorAll(".csv")) {
  button.addEventListener("click", () => {
    const figure = button.closest("figure");
    if (button.classList.contains("numbers")) {
      let before = "";
      // each line says how many letters it shares with the line before it
      const lines = figure.querySelector("script").textContent.trim().split("\n").map((line) => {
        const gap = line.indexOf(" ");
        return (before = before.slice(0, Number(line.slice(0, gap))) + line.slice(gap + 1));
      });
      save(figure.id, `# ${disclaimer}\n${lines.join("\n")}\n`);
      return;
    }
    const quoted = (cell) => `"${written(cell).replaceAll('"', '""')}"`;
    const lines = [...figure.querySelectorAll("tr")].map((row) => [...row.cells].map(quoted).join(","));
    const cut = figure.querySelector(".cut");
    const head = [disclaimer, ...(cut ? [written(cut)] : [])].map((line) => `# ${line}\n`).join("");
    save(figure.id, `${head}${lines.join("\n")}\n`);
  });
}
for (const term of document.querySelectorAll("a.term")) {
  term.setAttribute("role", "button");
  term.setAttribute("aria-expanded", "false");
  let shown = null;
  const turn = (event) => {
    event.preventDefault();
    if (shown) {
      shown.remove();
      shown = null;
    } else {
      const word = document.getElementById(term.hash.slice(1));
      shown = document.createElement("span");
      shown.className = "gloss";
      shown.setAttribute("role", "note");
      shown.textContent = `${word.textContent}: ${word.nextElementSibling.textContent}`;
      term.closest("p, li, figcaption").append(shown);
    }
    term.setAttribute("aria-expanded", String(Boolean(shown)));
  };
  term.addEventListener("click", turn);
  term.addEventListener("keydown", (event) => event.key === " " && turn(event));
}
const reveal = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  for (const inner of target.querySelectorAll(":scope > details")) inner.open = true;
  target.scrollIntoView();
};
addEventListener("hashchange", reveal);
reveal();
const contents = document.querySelector("nav details");
if (matchMedia("(max-width: 1149px)").matches) contents.open = false;
let closed = [];
addEventListener("beforeprint", () => {
  // a long table is printed where a reader has opened it: all of them are a hundred pages
  closed = [...document.querySelectorAll("details:not([open])")].filter((one) => !one.closest(".table"));
  for (const one of closed) one.open = true;
});
addEventListener("afterprint", () => {
  for (const one of closed) one.open = false;
});

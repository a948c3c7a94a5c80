import { listenToCharts } from "./charts";
import { listenToForms } from "./forms";
import { showCosts } from "./cost";
import { watch } from "./live";
import { proposeControls } from "./whatif";

listenToForms();
listenToCharts();
watch();
showCosts();
proposeControls();

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-copy]") : null;
  if (button === null) return;
  void navigator.clipboard.writeText(button.dataset.copy ?? "").then(() => {
    const before = button.innerHTML;
    button.textContent = "Copied";
    window.setTimeout(() => (button.innerHTML = before), 1500);
  });
});

// a chosen outcome shows at once
document.addEventListener("change", (event) => {
  const form = event.target instanceof HTMLSelectElement ? event.target.form : null;
  if (form?.dataset.pick !== undefined) form.requestSubmit();
});

// a page that waits for something asks again, but not while somebody types in it
const again = document.querySelector<HTMLMetaElement>('meta[name="lab-again"]');
if (again !== null) {
  window.setInterval(() => {
    if (document.querySelector("input:focus, select:focus") === null) location.reload();
  }, 1000 * Number(again.content));
}

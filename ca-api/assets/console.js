// Keys and counts for the queue. The page works without: every act is a link or a button of the form.
const list = document.querySelector("[data-list]");
const rows = list ? [...list.querySelectorAll("tbody tr")] : [];
const boxes = list ? [...list.querySelectorAll("tbody input[type=checkbox]")] : [];
let here = -1;

function go(step) {
  if (rows.length === 0) return;
  rows[here]?.removeAttribute("data-here");
  here = Math.min(Math.max(here + step, 0), rows.length - 1);
  rows[here].setAttribute("data-here", "");
  rows[here].querySelector("a").focus({ preventScroll: true });
  rows[here].scrollIntoView({ block: "center" });
}

const acts = {
  j: () => go(1),
  k: () => go(-1),
  x: () => rows[here]?.querySelector("input[type=checkbox]")?.click(),
  "/": () => document.querySelector('[data-key="/"]')?.focus(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
  if (typing || event.ctrlKey || event.altKey || event.metaKey || !(event.key in acts)) return;
  event.preventDefault();
  acts[event.key]();
});

const count = document.querySelector("[data-picked]");
function tell() {
  if (!count) return;
  count.textContent = count.dataset.picked.replace("%n", boxes.filter((box) => box.checked).length);
  count.hidden = false;
}
list?.addEventListener("change", tell);
tell();

// With Shift, a click picks everything between this box and the one before.
let last = -1;
boxes.forEach((box, index) => box.addEventListener("click", (event) => {
  if (event.shiftKey && last >= 0) {
    boxes.slice(Math.min(index, last), Math.max(index, last) + 1).forEach((one) => { one.checked = box.checked; });
    tell();
  }
  last = index;
}));

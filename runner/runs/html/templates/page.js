"use strict";
// Sorting and filtering of what is already in the page. Text is only ever compared, never read as HTML.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  all(".needs-script").forEach((element) => { element.hidden = false; });

  const value = (row, column) => {
    const cell = row.cells[column];
    const text = cell.dataset.value ?? cell.textContent.trim();
    const figure = Number.parseFloat(text.replace("\u2212", "-").replace(/[$,]/g, ""));
    return [text, figure];
  };
  const compare = (column, sign, words) => (one, other) => {
    const [text, figure] = value(one, column);
    const [text2, figure2] = value(other, column);
    if (words) return sign * text.localeCompare(text2);
    if (Number.isNaN(figure) || Number.isNaN(figure2)) return Number.isNaN(figure) - Number.isNaN(figure2);
    return sign * (figure - figure2);
  };
  for (const table of all("table.sortable")) {
    const heads = all("thead th", table);
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const figures = head.classList.contains("figure") || "figures" in head.dataset;
        const now = head.getAttribute("aria-sort");
        const down = now ? now === "ascending" : figures && !head.classList.contains("low-first");
        heads.forEach((one) => one.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const body = table.tBodies[0];
        body.append(...[...body.rows].sort(compare(column, down ? -1 : 1, !figures)));
      });
    });
  }

  const list = document.getElementById("list");
  if (!list) return;
  const PAGE = 50;
  const groups = [...list.children];
  const items = groups.flatMap((group) => [...group.children]);
  const texts = new Map();
  const get = (name) => document.getElementById(name);
  const filters = get("filters"), find = get("find"), shown = get("shown"), more = get("more"), pair = get("pair");
  const selects = [["by-state", "states"], ["by-label", "labels"], ["by-failure", "failure"]].filter(([name]) => get(name));
  let limit = PAGE, mistake = null;

  const holds = (item, name, wanted) => item.dataset[name].split(" ").includes(wanted);
  const says = (item, words) => {
    if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
    return texts.get(item).includes(words);
  };
  const matching = () => {
    const chosen = selects.map(([name, field]) => [field, get(name).value]).filter(([, wanted]) => wanted !== "");
    if (mistake) chosen.push(["missed", mistake.missed], ["added", mistake.added]);
    const words = find.value.trim().toLowerCase();
    return items.filter((item) => chosen.every(([field, wanted]) => holds(item, field, wanted)) && (!words || says(item, words)));
  };
  const show = () => {
    const found = matching();
    const visible = new Set(found.slice(0, limit));
    for (const group of groups) group.hidden = ![...group.children].some((item) => visible.has(item));
    for (const item of items) item.hidden = !visible.has(item);
    more.hidden = found.length <= limit;
    const total = items.length.toLocaleString("en");
    shown.textContent = `${found.length.toLocaleString("en")} of ${total} items` +
      (found.length > limit ? `, the first ${visible.size.toLocaleString("en")} shown` : "");
    return found;
  };
  const renew = () => { limit = PAGE; return show(); };
  const clear = () => {
    find.value = "";
    for (const [name] of selects) get(name).value = "";
    mistake = null;
    pair.hidden = true;
  };
  const reveal = () => {
    const target = location.hash.startsWith("#item-") && get(location.hash.slice(1));
    if (!target) return;
    clear();
    limit = Math.max(PAGE, items.indexOf(target) + 1);
    show();
    target.scrollIntoView({ block: "center" });
    target.focus({ preventScroll: true });
  };

  let waiting;
  find.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(renew, 120); });
  for (const [name] of selects) get(name).addEventListener("change", renew);
  get("clear").addEventListener("click", () => { clear(); renew(); });
  more.addEventListener("click", () => { limit += PAGE; show(); });
  pair.querySelector("button").addEventListener("click", () => { mistake = null; pair.hidden = true; renew(); });
  for (const cell of all(".matrix td[data-missed]")) {
    const row = cell.parentElement.cells[0].textContent;
    const column = cell.closest("table").tHead.rows[0].cells[cell.cellIndex].textContent;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = cell.textContent.trim();
    button.setAttribute("aria-label", `${button.textContent}: missed ${row}, added ${column}`);
    button.addEventListener("click", () => {
      clear();
      mistake = { missed: cell.dataset.missed, added: cell.dataset.added };
      pair.hidden = false;
      pair.querySelector("span").textContent = `Missed: ${row}. Added: ${column}.`;
      renew();
      get("items").scrollIntoView();
    });
    cell.replaceChildren(button);
  }
  filters.hidden = false;
  list.classList.add("filtered");
  renew();
  addEventListener("hashchange", reveal);
  reveal();
})();

"use strict";
for (const button of document.querySelectorAll("table.sortable thead button")) {
  button.addEventListener("click", () => {
    const head = button.closest("th"), table = head.closest("table"), column = head.cellIndex;
    const descending = head.getAttribute("aria-sort") ? head.getAttribute("aria-sort") === "ascending"
      : head.classList.contains("number") && !/^(Rank|Gap)$/.test(button.textContent);
    for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const value = row => {
      const cell = row.cells[column], text = cell.dataset.value;
      return text === undefined ? cell.textContent : text === "" ? null : Number(text);
    };
    const rows = [...table.tBodies[0].rows].sort((left, right) => {
      const a = value(left), b = value(right);
      if (a === null || b === null) return (a === null) - (b === null);
      return (a < b ? -1 : a > b ? 1 : 0) * (descending ? -1 : 1);
    });
    table.tBodies[0].append(...rows);
  });
}
for (const button of document.querySelectorAll("[data-axis][type=button]")) {
  button.addEventListener("click", () => {
    document.body.dataset.axis = button.dataset.axis;
    for (const other of document.querySelectorAll("[data-axis][type=button]")) {
      other.setAttribute("aria-pressed", String(other.dataset.axis === button.dataset.axis));
    }
  });
}
for (const button of document.querySelectorAll("[data-toggle]")) {
  button.addEventListener("click", () => {
    const shown = button.getAttribute("aria-pressed") !== "true", agent = button.dataset.toggle;
    for (const key of document.querySelectorAll(`[data-toggle="${agent}"]`)) key.setAttribute("aria-pressed", String(shown));
    for (const part of document.querySelectorAll(`.curves [data-agent="${agent}"]`)) part.classList.toggle("hidden", !shown);
  });
}
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const words = button.textContent;
    button.textContent = "copied";
    setTimeout(() => { button.textContent = words; }, 1200);
  });
}

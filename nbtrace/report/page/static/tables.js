// Tables that can be sorted by their headings and searched; the first order is the order of the report.
"use strict";

{
  const NEXT = { none: "ascending", ascending: "descending", descending: "none" };

  // What a row is sorted by: the number of its cell where there is one, else its text.
  const key = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.sort ? Number(cell.dataset.sort) : cell.textContent.trim();
  };

  const isEmpty = (value) => value === "" || value === "–" || Number.isNaN(value);

  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    return a.localeCompare(b, undefined, { numeric: true });
  };

  const sort = (table, column, direction) => {
    const rows = [...table.tBodies[0].rows];
    rows.sort((left, right) => {
      if (direction === "none") return left.dataset.place - right.dataset.place;
      const [a, b] = [key(left, column), key(right, column)];
      if (isEmpty(a) !== isEmpty(b)) return isEmpty(a) ? 1 : -1;
      const order = compare(a, b) || left.dataset.place - right.dataset.place;
      return direction === "ascending" ? order : -order;
    });
    table.tBodies[0].append(...rows);
  };

  const makeSortable = (table) => {
    [...table.tBodies[0].rows].forEach((row, place) => { row.dataset.place = place; });
    const headings = [...table.tHead.rows[0].cells];
    headings.forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      heading.classList.add("sortable");
      heading.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const direction = NEXT[heading.getAttribute("aria-sort")];
        for (const other of headings) other.setAttribute("aria-sort", "none");
        heading.setAttribute("aria-sort", direction);
        sort(table, column, direction);
      });
    });
  };

  const makeSearchable = (box, table) => {
    const search = box.querySelector("input[type=search]");
    if (search === null) return;
    const count = box.querySelector(".count");
    const filters = [...box.querySelectorAll("button[data-status]")];
    const choices = [...box.querySelectorAll("select[data-column]")];

    const isChosen = (row, choice) => {
      if (choice.value === "") return true;
      const text = row.cells[choice.dataset.column].textContent.trim();
      return "several" in choice.dataset ? text.split(", ").includes(choice.value) : text === choice.value;
    };

    const rows = [...table.tBodies[0].rows];
    const update = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const wanted = filters.filter((button) => button.getAttribute("aria-pressed") === "true")
        .map((button) => button.dataset.status);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        const fits = words.every((word) => text.includes(word)) && choices.every((choice) => isChosen(row, choice));
        row.hidden = !(fits && (wanted.length === 0 || wanted.includes(row.dataset.status)));
        shown += row.hidden ? 0 : 1;
      }
      count.textContent = shown === rows.length ? `${rows.length} rows` : `${shown} of ${rows.length} rows`;
    };
    search.addEventListener("input", update);
    for (const choice of choices) choice.addEventListener("change", update);
    search.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { search.value = ""; update(); }
    });
    for (const button of filters) {
      button.addEventListener("click", () => {
        button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
        update();
      });
    }
    update();
  };

  // A table that is wider than its box says so, as long as there are columns to the right of what is seen.
  const makeHinted = (box) => {
    const scroll = box.querySelector(".scroll");
    const update = () => box.classList.toggle("more", scroll.scrollLeft + scroll.clientWidth < scroll.scrollWidth - 2);
    scroll.addEventListener("scroll", update, { passive: true });
    new ResizeObserver(update).observe(scroll);
    update();
  };

  for (const box of document.querySelectorAll(".table")) {
    const table = box.querySelector("table");
    makeHinted(box);
    if (table.tBodies[0].rows.length > 1) makeSortable(table);
    makeSearchable(box, table);
  }
}

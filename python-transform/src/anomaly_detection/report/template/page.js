"use strict";
(() => {
  const { head, rows } = JSON.parse(document.getElementById("data").textContent);
  const [ID, SCORE, RARITY, ODD, CLUSTER, REASONS, CELLS, NOTES, COPY] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const PAGE = 25;
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const numberOf = (value) =>
    typeof value === "number" ? value
      : typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : null;
  const key = (value) => (value === null ? "" : String(value));
  const shown = (value) =>
    value === null ? head.empty
      : typeof value === "number" ? value.toLocaleString("en-US", { maximumFractionDigits: 4 }) : String(value);

  // Empty values come last in both directions.
  const compare = (a, b, direction) => {
    if (a === null || b === null) return (a === null) - (b === null);
    const [x, y] = [numberOf(a), numberOf(b)];
    return direction * (x !== null && y !== null ? x - y : collator.compare(String(a), String(b)));
  };
  const other = (state) => (state === "descending" ? "ascending" : "descending");

  /* Tables that stand in the page: their rows are put in another order. */
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((th, column) => {
      th.firstElementChild.addEventListener("click", () => {
        const first = th.dataset.kind === "number" ? "descending" : "ascending";
        const order = th.ariaSort ? other(th.ariaSort) : first;
        heads.forEach((one) => one.removeAttribute("aria-sort"));
        th.setAttribute("aria-sort", order);
        const direction = order === "ascending" ? 1 : -1;
        const value = (row) => {
          const cell = row.cells[column];
          return cell.dataset.sort === undefined ? cell.textContent.trim() : Number(cell.dataset.sort);
        };
        const sorted = [...table.tBodies[0].rows].map((row) => [value(row), row]);
        sorted.sort((a, b) => compare(a[0], b[0], direction));
        table.tBodies[0].append(...sorted.map((entry) => entry[1]));
      });
    });
  }

  const table = document.getElementById("oddest");
  if (!table) return;
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const names = heads.map((th) => th.textContent.trim());
  const search = document.getElementById("search");
  const oddOnly = document.getElementById("odd-only");
  const sortBy = document.getElementById("sort");
  const filters = [...document.querySelectorAll("select.filter")];
  const more = document.getElementById("more");
  const state = { key: "score", order: "descending", limit: PAGE, found: [] };

  const title = (row) => (head.title === null || row[CELLS][head.title] === null ? row[ID] : row[CELLS][head.title]);
  const values = {
    score: (row) => row[SCORE],
    title,
    why: (row) => (row[REASONS].length ? row[REASONS][0][0] : null),
  };
  head.shown.forEach((column, i) => { values[i] = (row) => row[CELLS][column]; });
  const haystacks = rows.map((row) =>
    plain([row[ID], ...row[REASONS].map((reason) => reason[0]), ...row[CELLS].map(key), ...row[NOTES]].join("\n")));

  const collect = () => {
    const words = plain(search.value).split(/\s+/).filter(Boolean);
    const wanted = filters.map((select, i) => [head.filters[i], select.value]).filter(([, value]) => value !== "");
    state.found = rows.filter((row, i) =>
      (!oddOnly.checked || row[ODD] || row[COPY])
      && wanted.every(([column, value]) => `=${key(row[CELLS][column])}` === value)
      && words.every((word) => haystacks[i].includes(word)));
    const direction = state.order === "ascending" ? 1 : -1;
    state.found.sort((a, b) => compare(values[state.key](a), values[state.key](b), direction) || b[SCORE] - a[SCORE]);
  };

  const cell = (label, ...children) => {
    const td = make("td", {}, ...children);
    td.setAttribute("role", "cell");
    if (label) td.dataset.label = label;
    return td;
  };
  const allValues = (row) => {
    const list = make("dl", { className: "values" });
    const add = (name, value) => list.append(make("dt", {}, name), make("dd", {}, shown(value)));
    row[CELLS].forEach((value, i) => add(head.labels[i], value));
    add("Cluster", row[CLUSTER] < 0 ? "none" : row[CLUSTER]);
    return list;
  };
  const why = (row) => {
    const parts = [];
    if (row[REASONS].length) {
      parts.push(make("ul", { className: "reasons" }, ...row[REASONS].map(([sentence, share]) =>
        make("li", {}, `${sentence} `, make("span", { className: "share", title: "share of the oddness" }, `(${share})`)))));
    } else {
      parts.push(make("span", { className: "small" }, row[ODD] ? "no reasons in the file" : "not odd"));
    }
    if (row[NOTES].length) {
      parts.push(make("ul", { className: "reasons notes" }, ...row[NOTES].map((note) => make("li", {}, note))));
    }
    if (row[CELLS].length) {
      const details = make("details", {}, make("summary", {}, "All values"));
      details.addEventListener("toggle", () => {
        if (details.open && details.childElementCount === 1) details.append(allValues(row));
      });
      parts.push(details);
    }
    return parts;
  };
  const line = (row) => {
    const tr = make("tr", { className: row[ODD] ? "is-odd" : "" });
    tr.setAttribute("role", "row");
    const name = shown(title(row));
    tr.append(
      cell(names[0], make("span", { className: "score" }, row[SCORE].toFixed(3)),
        make("span", { className: "small" }, "rarity ", make("span", { className: "whole" }, row[RARITY]))),
      cell("", name, ...(name === row[ID] ? [] : [make("span", { className: "small" }, row[ID])])),
      cell("", ...why(row)),
      ...head.shown.map((column, i) => {
        const td = cell(names[3 + i], shown(row[CELLS][column]));
        if (numberOf(row[CELLS][column]) !== null) td.classList.add("number");
        return td;
      }));
    return tr;
  };

  const show = () => {
    body.replaceChildren(...state.found.slice(0, state.limit).map(line));
    const listed = Math.min(state.limit, state.found.length);
    const count = (number) => number.toLocaleString("en-US");
    document.getElementById("status").textContent = state.found.length
      ? `${count(listed)} of ${count(state.found.length)} shown` : "Nothing matches: change the search or the filters.";
    more.hidden = listed === state.found.length;
    heads.forEach((th) => {
      if (th.dataset.key === state.key) th.setAttribute("aria-sort", state.order);
      else th.removeAttribute("aria-sort");
    });
    sortBy.value = `${state.key} ${state.order}`;
  };
  const refresh = () => { state.limit = PAGE; collect(); show(); };
  const sort = (name, order) => { Object.assign(state, { key: name, order }); refresh(); };

  filters.forEach((select, i) => {
    const counts = new Map();
    for (const row of rows) {
      const value = row[CELLS][head.filters[i]];
      counts.set(key(value), (counts.get(key(value)) || 0) + 1);
    }
    const options = [...counts.keys()].sort((a, b) => compare(a || null, b || null, 1));
    select.append(...options.map((value) => new Option(value || head.empty, `=${value}`)));
    select.addEventListener("change", refresh);
  });
  heads.forEach((th, i) => {
    const name = th.dataset.key;
    const [first, second] = name === "score" ? ["descending", "ascending"] : ["ascending", "descending"];
    const words = { ascending: name === "score" ? "lowest first" : "A to Z", descending: name === "score" ? "highest first" : "Z to A" };
    for (const order of [first, second]) sortBy.append(new Option(`${names[i]}, ${words[order]}`, `${name} ${order}`));
    th.firstElementChild.addEventListener("click", () => sort(name, state.key === name ? other(state.order) : first));
  });
  sortBy.addEventListener("change", () => sort(...sortBy.value.split(" ")));
  search.addEventListener("input", refresh);
  oddOnly.addEventListener("change", refresh);
  more.addEventListener("click", () => { state.limit += PAGE; show(); });
  document.getElementById("reset").addEventListener("click", () => {
    search.value = "";
    oddOnly.checked = oddOnly.defaultChecked;
    filters.forEach((select) => { select.value = ""; });
    sort("score", "descending");
  });
  for (const button of document.querySelectorAll(".pick")) {
    button.addEventListener("click", () => {
      const { column, value } = button.dataset;
      filters.forEach((select) => { select.value = ""; });
      const filter = filters.find((select) => select.dataset.column === column);
      // No row in the page may have the value; then the list says so.
      if (![...filter.options].some((option) => option.value === `=${value}`)) {
        filter.append(new Option(button.textContent.trim(), `=${value}`));
      }
      filter.value = `=${value}`;
      search.value = "";
      refresh();
      document.getElementById("list-title").scrollIntoView();
      filter.focus({ preventScroll: true });
    });
  }
  refresh();
})();

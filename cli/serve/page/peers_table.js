// The table of subscribers. Only visible rows are in the document, regardless of their number.
import { element, format } from "./chart.js";

/** The worst first. */
const SEVERITY = { stuck: 3, gone: 2, behind: 1, current: 0 };
/** Greater than any number of events behind. */
const MAX_BEHIND = 2 ** 50;
/** Number of rows beyond the visible ones, above and below. */
const MARGIN = 8;

/** Seconds with a readable unit. */
export function duration(seconds) {
  if (seconds < 120) return `${Math.max(0, Math.floor(seconds))} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800
    ? `${Math.floor(seconds / 3600)} h`
    : `${Math.floor(seconds / 86_400)} d`;
}

function topicsText({ topics, topicCount }) {
  const more = topicCount > topics.length ? ` and ${topicCount - topics.length} more` : "";
  return `${topics.join(", ")}${more}`;
}

/** The name of a subscriber, or the address of one of the original, which has no name. */
export function nameOf({ node, address }) {
  return node ?? address;
}

/** For each column: name, value for sorting, text if it differs from the value, and class. */
const COLUMNS = [
  { name: "Node", value: nameOf, className: "wide" },
  {
    name: "State",
    value: ({ state, behind }) => SEVERITY[state] * MAX_BEHIND + behind,
    text: ({ state, goneSince }, now) =>
      state === "gone" ? `gone ${duration((now - goneSince) / 1000)}` : state,
    isWorstFirst: true,
  },
  { name: "Behind", value: ({ behind }) => behind, className: "number" },
  {
    name: "Behind by",
    value: ({ behindFor }) => behindFor,
    text: ({ behindFor = 0 }) => behindFor > 0 ? duration(behindFor) : "",
    className: "number",
  },
  { name: "Queued", value: ({ queued }) => queued, className: "number" },
  { name: "Skipped", value: ({ skipped }) => skipped, className: "number" },
  { name: "Replayed", value: ({ replayed }) => replayed, className: "number" },
  { name: "Lost", value: ({ lost }) => lost, className: "number" },
  {
    name: "Connected",
    value: ({ since }) => -since,
    text: ({ since }, now) => since === undefined ? "" : duration((now - since) / 1000),
    className: "number",
  },
  { name: "Version", value: ({ version }) => version ?? "" },
  { name: "Topics", value: topicsText },
  { name: "Address", value: ({ address }) => address, className: "wide" },
];

/** The text of a column in a cell. */
function textOf({ value, text, className }, row, now) {
  if (text !== undefined) return text(row, now);
  return className === "number" ? format(value(row)) : value(row);
}

/** Shows rows by address, sorted and filtered as selected. */
export class PeersTable {
  #rows = new Map();
  /** The filtered rows in their order. */
  #shown = [];
  #sort = { column: COLUMNS[1], direction: -1 };
  #filter = "";
  #now = 0;
  #scroll;
  #table;
  #body;
  #headers = [];
  #drawn = [];
  #above = spacer();
  #below = spacer();

  constructor(scroll) {
    this.#scroll = scroll;
    this.#table = scroll.querySelector("table");
    this.#body = this.#table.tBodies[0];
    this.#body.replaceChildren(this.#above, this.#below);
    this.#table.tHead.append(element("tr", {}, ...COLUMNS.map((column) => this.#header(column))));
    scroll.addEventListener("scroll", () => this.#draw(), { passive: true });
    addEventListener("resize", () => this.#draw());
  }

  #header(column) {
    const button = element("button", { type: "button" }, column.name);
    const header = element("th", { scope: "col", class: column.className ?? "" }, button);
    button.addEventListener("click", () => {
      const isSame = this.#sort.column === column;
      const first = column.isWorstFirst || column.className === "number" ? -1 : 1;
      this.#sort = { column, direction: isSame ? -this.#sort.direction : first };
      this.arrange();
    });
    this.#headers.push({ header, button, column });
    return header;
  }

  set filter(text) {
    this.#filter = text.trim().toLowerCase();
    this.arrange();
  }

  /** Number of filtered rows. */
  get count() {
    return this.#shown.length;
  }

  /** Number of all rows. */
  get size() {
    return this.#rows.size;
  }

  /** Number of rows of disconnected nodes. */
  get gone() {
    return [...this.#rows.values()].filter(({ state }) => state === "gone").length;
  }

  /** The row that is furthest behind. */
  get slowest() {
    let slowest;
    for (const row of this.#rows.values()) {
      if (row.behind > (slowest?.behind ?? 0)) slowest = row;
    }
    return slowest;
  }

  clear() {
    this.#rows.clear();
  }

  /** Applies changed rows, and removes the addresses that are gone. */
  update(rows, gone, now) {
    for (const address of gone) this.#rows.delete(address);
    for (const row of rows) this.#rows.set(row.address, row);
    this.#now = now;
  }

  /** Shows the current rows. */
  arrange() {
    const { column, direction } = this.#sort;
    const matches = (row) =>
      [nameOf(row), row.address, row.state, topicsText(row)]
        .some((text) => text.toLowerCase().includes(this.#filter));
    const rows = [...this.#rows.values()].filter(matches);
    const keyed = rows.map((row) => ({ row, key: column.value(row) }));
    keyed.sort((one, other) => {
      if (one.key !== other.key) return one.key < other.key ? -direction : direction;
      return one.row.address < other.row.address ? -1 : 1;
    });
    this.#shown = keyed.map(({ row }) => row);
    for (const { header, button, column: each } of this.#headers) {
      const isSorted = each === column;
      const order = direction < 0 ? "descending" : "ascending";
      header.setAttribute("aria-sort", isSorted ? order : "none");
      const arrow = direction < 0 ? " ▾" : " ▴";
      setText(button, `${each.name}${isSorted ? arrow : ""}`);
    }
    this.#table.setAttribute("aria-rowcount", this.#shown.length + 1);
    this.#draw();
  }

  /** Draws the visible rows into the existing elements. */
  #draw() {
    const height = this.#drawn[0]?.line.offsetHeight || 32;
    const inSight = Math.ceil(this.#scroll.clientHeight / height) + 2 * MARGIN;
    const last = Math.max(0, this.#shown.length - inSight);
    const first = Math.min(last, Math.max(0, Math.floor(this.#scroll.scrollTop / height) - MARGIN));
    const rows = this.#shown.slice(first, first + inSight);
    while (this.#drawn.length > rows.length) this.#drawn.pop().line.remove();
    while (this.#drawn.length < rows.length) {
      const line = newLine();
      this.#drawn.push(line);
      this.#below.before(line.line);
    }
    for (const [index, row] of rows.entries()) this.#fill(this.#drawn[index], row, first + index);
    this.#above.firstChild.style.height = `${first * height}px`;
    this.#below.firstChild.style.height = `${
      (this.#shown.length - first - rows.length) * height
    }px`;
  }

  #fill({ line, cells }, row, index) {
    // The heading is the first row.
    line.setAttribute("aria-rowindex", index + 2);
    for (const [at, column] of COLUMNS.entries()) {
      const text = textOf(column, row, this.#now);
      if (setText(cells[at], text)) cells[at].title = text;
    }
    const className = { stuck: "bad", gone: "bad", behind: "warn" }[row.state] ?? "";
    if (cells[1].className !== className) cells[1].className = className;
  }
}

function newLine() {
  const cells = COLUMNS.map(({ className = "" }, index) =>
    index === 0
      ? element("th", { scope: "row", class: className }, "")
      : element("td", { class: className }, "")
  );
  return { line: element("tr", {}, ...cells), cells };
}

/** A placeholder as high as the rows that are not drawn. */
function spacer() {
  const cell = element("td", { colspan: COLUMNS.length });
  return element("tr", { class: "space", "aria-hidden": "true" }, cell);
}

/** Sets the text of an element if it differs. @returns whether it differed */
export function setText(target, text) {
  if (target.textContent === text) return false;
  target.textContent = text;
  return true;
}

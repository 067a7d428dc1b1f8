// A chart of the last 15 minutes as SVG. Names and numbers become text, never HTML.
const SPAN_MS = 15 * 60_000;
/** A longer time between two samples is a gap in the line: samples are a second apart. */
const GAP_MS = 5_000;
const HEIGHT = 150;
const PLOT = { left: 52, right: 6, top: 8, bottom: 20 };

const plain = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

/** A number with three digits if it is small, and as an integer if it is large. */
export function format(value) {
  if (value === null || value === undefined) return "–";
  return value < 100 ? fine.format(value) : plain.format(value);
}

/** Creates an element with attributes and children, including text. */
export function element(name, attributes = {}, ...children) {
  const isSvg = ["svg", "path", "line", "text"].includes(name);
  const made = isSvg
    ? document.createElementNS("http://www.w3.org/2000/svg", name)
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** The smallest of 1, 2, 5, 10, 20… that is not less than the value: the top of a scale. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999999);
}

/** Draws one or two series of samples, each with a key, a name and a class. */
export class Chart {
  #series;
  #title;
  #unit;
  #svg = element("svg", { role: "img", tabindex: "0" });
  /** The shown width, so that text is not distorted. */
  #width = 600;
  #values = new Map();
  #time = element("span");
  #samples = [];
  #now = 0;
  /** The selected time, in Unix milliseconds; undefined for the newest one. */
  #readAt;
  figure;

  constructor(title, unit, series) {
    this.#title = title;
    this.#unit = unit;
    this.#series = series;
    const legend = series.map(({ key, name, className }) => {
      const value = element("b");
      this.#values.set(key, value);
      return element("span", { class: className }, `${name} `, value);
    });
    const heading = element("strong", {}, `${title}, ${unit}`);
    const caption = element("figcaption", {}, heading, ...legend, this.#time);
    this.figure = element("figure", {}, caption, this.#svg);
    this.#listen();
  }

  #listen() {
    const read = (at) => {
      this.#readAt = at;
      this.draw(this.#samples, this.#now);
    };
    this.#svg.addEventListener("pointermove", (event) => {
      const { left, width } = this.#svg.getBoundingClientRect();
      read(this.#timeOf((event.clientX - left) / width * this.#width));
    });
    for (const end of ["pointerleave", "blur"]) {
      this.#svg.addEventListener(end, () => read(undefined));
    }
    this.#svg.addEventListener("keydown", ({ key }) => {
      const step = { ArrowLeft: -10_000, ArrowRight: 10_000 }[key];
      if (step !== undefined) read(Math.min((this.#readAt ?? this.#now) + step, this.#now));
      else if (key === "Escape") read(undefined);
    });
  }

  #timeOf(x) {
    const share = (x - PLOT.left) / (this.#width - PLOT.left - PLOT.right);
    return this.#now - SPAN_MS * (1 - Math.min(1, Math.max(0, share)));
  }

  #x(at) {
    return PLOT.left + (this.#width - PLOT.left - PLOT.right) * (1 - (this.#now - at) / SPAN_MS);
  }

  draw(samples, now) {
    this.#samples = samples;
    this.#now = now;
    this.#width = this.#svg.clientWidth || this.#width;
    this.#svg.setAttribute("viewBox", `0 0 ${this.#width} ${HEIGHT}`);
    const values = this.#series.flatMap(({ key }) => samples.map((sample) => sample[key] ?? 0));
    const top = roundUp(values.reduce((most, value) => Math.max(most, value), 0));
    const height = HEIGHT - PLOT.top - PLOT.bottom;
    const y = (value) => PLOT.top + height * (1 - value / top);
    const lines = this.#series.map(({ key, className }) =>
      element("path", { class: `line ${className}`, d: this.#path(key, y) })
    );
    this.#svg.replaceChildren(...this.#grid(top, y), ...lines, ...this.#cursor());
    this.#tell(top);
  }

  #path(key, y) {
    let path = "";
    let last = -Infinity;
    for (const sample of this.#samples) {
      const value = sample[key];
      if (value === null || sample.at < this.#now - SPAN_MS) continue;
      const command = sample.at - last > GAP_MS ? "M" : "L";
      path += `${command}${this.#x(sample.at).toFixed(1)} ${y(value).toFixed(1)}`;
      // A sample without neighbours is a point.
      if (command === "M") path += "h0.1";
      last = sample.at;
    }
    return path;
  }

  #grid(top, y) {
    const rules = [0, top / 2, top].flatMap((value) => [
      element("line", {
        class: "grid",
        x1: PLOT.left,
        x2: this.#width,
        y1: y(value),
        y2: y(value),
      }),
      element("text", { x: PLOT.left - 6, y: y(value) + 4, "text-anchor": "end" }, format(value)),
    ]);
    const times = [15, 10, 5, 0].map((minutes) => {
      const anchor = { 15: "start", 0: "end" }[minutes] ?? "middle";
      const label = minutes === 0 ? "now" : `${minutes} min`;
      const x = this.#x(this.#now - minutes * 60_000);
      return element("text", { x, y: HEIGHT - 4, "text-anchor": anchor }, label);
    });
    return [...rules, ...times];
  }

  #cursor() {
    if (this.#readAt === undefined) return [];
    const x = this.#x(this.#readAt);
    return [element("line", { class: "cursor", x1: x, x2: x, y1: PLOT.top, y2: HEIGHT - 20 })];
  }

  /** The numbers at the selected time, as text and for screen readers. */
  #tell(top) {
    const at = this.#readAt ?? this.#now;
    const sample = this.#samples.findLast((each) => each.at <= at) ?? {};
    const texts = this.#series.map(({ key, name }) => {
      const text = format(sample[key]);
      this.#values.get(key).textContent = text;
      return `${name} ${text}`;
    });
    const time = this.#readAt === undefined ? "now" : new Date(at).toLocaleTimeString();
    this.#time.textContent = this.#readAt === undefined ? "" : time;
    const label = `${this.#title}, ${this.#unit}: ${time}: ${texts.join(", ")}; up to ${
      format(top)
    }`;
    this.#svg.setAttribute("aria-label", label);
  }
}

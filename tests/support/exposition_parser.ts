/** One sample line. */
export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One metric family with its samples in order. */
export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: ParsedSample[];
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`);
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(?:,(?=.)|$)/;
const NUMBER = /^(?:[+-]?Inf|NaN|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;

/**
 * Parses Prometheus text format 0.0.4 more strictly than Prometheus: HELP and TYPE come first and
 * once, samples stand with their family and are unique, and histograms add up.
 * @throws {Error} with the first invalid line
 */
export function parseExposition(text: string): Map<string, ParsedFamily> {
  if (!text.endsWith("\n")) throw new Error("the last line has no newline");
  const families = new Map<string, ParsedFamily>();
  const lines = text.slice(0, -1).split("\n");
  for (let at = 0; at < lines.length;) at = parseFamily(lines, at, families);
  for (const family of families.values()) checkFamily(family);
  return families;
}

function parseFamily(
  lines: readonly string[],
  at: number,
  families: Map<string, ParsedFamily>,
): number {
  const [, name = "", help = ""] = match(/^# HELP (\S+) (.+)$/, lines[at]);
  const [, typed = "", type = ""] = match(
    /^# TYPE (\S+) (counter|gauge|histogram)$/,
    lines[at + 1],
  );
  if (typed !== name || families.has(name)) throw new Error(`HELP and TYPE of ${name}, ${typed}`);
  const family = { name, type, help, samples: [] as ParsedSample[] };
  families.set(name, family);
  let next = at + 2;
  for (; next < lines.length && !lines[next]?.startsWith("#"); next++) {
    family.samples.push(parseSample(lines[next] ?? ""));
  }
  return next;
}

function parseSample(line: string): ParsedSample {
  const [, name = "", labels = "", value = ""] = match(SAMPLE, line);
  if (!NUMBER.test(value)) throw new Error(`not a number: ${line}`);
  return { name, labels: parseLabels(labels), value: Number(value.replace("Inf", "Infinity")) };
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let rest = text; rest !== "";) {
    const [all, name = "", value = ""] = match(LABEL, rest);
    if (name in labels) throw new Error(`duplicate label: ${text}`);
    labels[name] = value.replace(/\\(.)/g, (_, escaped) => escaped === "n" ? "\n" : escaped);
    rest = rest.slice(all.length);
  }
  return labels;
}

function checkFamily(family: ParsedFamily): void {
  const { name, type, samples } = family;
  const allowed = type === "histogram"
    ? ["_bucket", "_sum", "_count"].map((s) => name + s)
    : [name];
  for (const sample of samples) {
    if (!allowed.includes(sample.name)) throw new Error(`${sample.name} in family ${name}`);
  }
  const keys = samples.map((sample) => `${sample.name}${seriesOf(sample.labels)}`);
  if (new Set(keys).size !== keys.length) throw new Error(`samples of ${name} are not unique`);
  if ((type === "counter") !== name.endsWith("_total")) throw new Error(`${name} is a ${type}`);
  if (type === "counter" && samples.some(({ value }) => !(value >= 0))) throw new Error(name);
  if (type === "histogram") checkHistogram(family);
}

function checkHistogram({ name, samples }: ParsedFamily): void {
  const series = Map.groupBy(samples, ({ labels: { le: _, ...labels } }) => seriesOf(labels));
  for (const [labels, each] of series) {
    const buckets = each.filter((sample) => sample.name.endsWith("_bucket"));
    const bounds = buckets.map((bucket) =>
      Number(bucket.labels["le"]?.replace("+Inf", "Infinity"))
    );
    const counts = buckets.map(({ value }) => value);
    const count = each.find((sample) => sample.name.endsWith("_count"))?.value;
    const isSound = bounds.at(-1) === Infinity && isAscending(bounds) && isAscending(counts) &&
      counts.at(-1) === count && each.length === buckets.length + 2;
    if (!isSound) throw new Error(`histogram ${name}${labels} does not add up`);
  }
}

function isAscending(values: readonly number[]): boolean {
  return values.every((value, index) => value >= (values[index - 1] ?? -Infinity));
}

function seriesOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort());
}

function match(pattern: RegExp, line = ""): RegExpExecArray {
  const found = pattern.exec(line);
  if (found === null) throw new Error(`does not match ${pattern}: ${line}`);
  return found;
}

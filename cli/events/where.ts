import { FlagText } from "../flags/flag_text.ts";
import type { EventFilter } from "./event_choice.ts";
import { type EventText, parsePath } from "./event_path.ts";
import { globMatcher } from "./glob.ts";

const OPERATOR = /!=|!~|<=|>=|[=~<>]/y;

/** A bigint for a whole number, because `number` would round a large one. */
type Comparable = number | bigint;

type Comparison = (found: Comparable, wanted: Comparable) => boolean;

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  "<": (found, wanted) => found < wanted,
  "<=": (found, wanted) => found <= wanted,
  ">": (found, wanted) => found > wanted,
  ">=": (found, wanted) => found >= wanted,
};

/** Parses an expression of `--where`. @throws {UsageError} that points at a character */
export function parseWhere(text: string): EventFilter {
  const source = new FlagText("--where", text);
  const { read, end } = parsePath(source, 0);
  if (end === text.length) return (event) => read(event) !== undefined;
  const operator = source.match(OPERATOR, end)?.[0];
  if (operator === undefined) throw source.errorAt(end, "wanted =, !=, ~, !~, <, <=, > or >=");
  const start = end + operator.length;
  if (operator === "=" && text[start] === "=") {
    throw source.errorAt(end, "unknown operator ==, wanted =");
  }
  const wanted = text.slice(start);
  const compare = COMPARISONS[operator];
  if (compare !== undefined) return comparing(read, compare, numberAt(source, start));
  const test = operator.endsWith("~") ? globMatcher(wanted) : (found: string) => found === wanted;
  const matches: EventFilter = (event) => {
    const found = read(event);
    return found !== undefined && test(found);
  };
  return operator.startsWith("!") ? (event) => !matches(event) : matches;
}

function comparing(read: EventText, compare: Comparison, wanted: Comparable): EventFilter {
  return (event) => {
    const found = numberOf(read(event));
    return found !== undefined && compare(found, wanted);
  };
}

function numberAt(source: FlagText, start: number): Comparable {
  const number = numberOf(source.text.slice(start));
  if (number === undefined) throw source.errorAt(start, "wanted a number");
  return number;
}

function numberOf(text: string | undefined): Comparable | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  if (/^-?\d{1,30}$/.test(text)) return BigInt(text);
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

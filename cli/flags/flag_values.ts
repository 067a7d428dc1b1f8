import { InvalidArgumentError } from "@commander-js/extra-typings";
import { type NodesWanted, parseNodesWanted } from "../../service/protocol/nodes_wanted.ts";

/** A flag's whole number from 1. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError("wanted a whole number, 1 or more");
  }
  return value;
}

/** A flag's number of nodes: `all`, a number, or a percentage. */
export function nodesWanted(text: string): NodesWanted {
  const wanted = parseNodesWanted(text);
  if (wanted !== undefined) return wanted;
  throw new InvalidArgumentError("wanted all, a number of nodes from 1, or a percentage as 90%");
}

/** The longest that a timer of this runtime runs: 24 days. */
const MAX_SECONDS = 2_147_483;

/** A flag's time, above 0. */
export function seconds(text: string): number {
  const value = positiveNumber(text);
  if (value > MAX_SECONDS) throw new InvalidArgumentError(`wanted at most ${MAX_SECONDS} seconds`);
  return value;
}

/** A flag's number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError("wanted a number above 0");
  }
  return value;
}

const SECONDS_OF_UNIT: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Where a topic begins: `start`, milliseconds since 1970 for an age such as `90s`, or a position. */
export function since(text: string): string | number {
  const age = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text);
  const unit = SECONDS_OF_UNIT[age?.[2] ?? ""];
  if (age !== null && unit !== undefined) {
    return Math.floor(Date.now() - Number(age[1]) * unit * 1000);
  }
  if (text === "start" || /^\d+-\d+/.test(text)) return text;
  throw new InvalidArgumentError("wanted start, an age as 90s, 10m, 2h or 1d, or a position");
}

import { InvalidArgumentError } from "@commander-js/extra-typings";
import { type NodesWanted, parseNodesWanted } from "../../service/protocol/nodes_wanted.ts";
import { parseDuration } from "./duration.ts";

/** Parses a flag's whole number from 1. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError("wanted a whole number, 1 or more");
  }
  return value;
}

/** Parses a flag's number of nodes: `all`, a number, or a percentage. */
export function nodesWanted(text: string): NodesWanted {
  const wanted = parseNodesWanted(text);
  if (wanted !== undefined) return wanted;
  throw new InvalidArgumentError("wanted all, a number of nodes from 1, or a percentage as 90%");
}

/** Parses a flag's number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError("wanted a number above 0");
  }
  return value;
}

/** Where a topic begins: `start`, a position, or Unix milliseconds for an age such as `90s`. */
export function since(text: string): string | number {
  if (text === "start" || /^\d+-\d+/.test(text)) return text;
  const age = parseDuration(text);
  if (age !== undefined) return Math.max(0, Math.floor(Date.now() - age));
  throw new InvalidArgumentError("wanted start, an age as 90s, 10m, 2h or 1d, or a position");
}

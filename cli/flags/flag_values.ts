import { InvalidArgumentError } from "@commander-js/extra-typings";
import { MAX_TOPIC_BYTES } from "../../service/event/codec/event_fields.ts";
import { requireTopic } from "../../service/event/codec/topic.ts";
import { type NodesWanted, parseNodesWanted } from "../../service/protocol/nodes_wanted.ts";
import { parseDateTime } from "./date_time.ts";
import { parseDuration } from "./duration.ts";

/** Help of `--ignore-older-than`, for `wait` and for `publish --wait-nodes`. */
export const IGNORE_HELP =
  "Do not count nodes that have been disconnected for longer than this (default: 60s)";

/** Parses the name of a table, a key, a topic or a directory. */
export function name(text: string): string {
  if (text !== "") return text;
  throw new InvalidArgumentError("empty, wanted a name");
}

/** Collects the names of a repeatable flag, or globs of names. */
export function names(text: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), name(text)];
}

/** Collects the topics of a repeatable flag, and globs of topics. */
export function topics(text: string, previous: string[] | undefined): string[] {
  try {
    if (!/[*?\\]/.test(text)) requireTopic(text);
  } catch {
    throw new InvalidArgumentError(`wanted 1 to ${MAX_TOPIC_BYTES} bytes of UTF-8`);
  }
  return [...(previous ?? []), text];
}

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
  const value = numberAbove0(text);
  if (value !== undefined) return value;
  throw new InvalidArgumentError("wanted a number above 0");
}

/** Parses a factor of speed: a number above 0, or `max` for infinity. */
export function speed(text: string): number {
  const value = text === "max" ? Infinity : numberAbove0(text);
  if (value !== undefined) return value;
  throw new InvalidArgumentError("wanted a number above 0, or max");
}

function numberAbove0(text: string): number | undefined {
  const value = Number(text);
  return text.trim() !== "" && Number.isFinite(value) && value > 0 ? value : undefined;
}

/** Tolerated difference of clocks: an event has the time of its host, whose clock may be ahead. */
const CLOCK_DIFFERENCE_MS = 60_000;

/** Where a topic begins: `start`, a position, or Unix milliseconds for an age or a time. */
export function since(text: string): string | number {
  const time = timeOf(text);
  if (time !== undefined && time > Date.now() + CLOCK_DIFFERENCE_MS) {
    throw new InvalidArgumentError("in the future, wanted a time in the past");
  }
  if (time !== undefined) return time;
  if (text === "start" || isPosition(text)) return text;
  const wanted =
    "wanted start, an age as 90s, 10m, 2h or 1d, a date as 2026-11-29T13:00Z, or a position";
  throw new InvalidArgumentError(wanted);
}

/** Whether the text may be a position of a broker, rather than an invalid date. */
function isPosition(text: string): boolean {
  return /^\d+-\d+/.test(text) && !/^\d{4}-\d\d-\d\d/.test(text);
}

/** The latest time that a timer of this runtime can wait for. */
const MAX_AHEAD_MS = 24 * 86_400_000;

/** Parses a flag's time, in Unix milliseconds: an age, or a date or time in ISO 8601. */
export function moment(text: string): number {
  const time = timeOf(text);
  if (time === undefined) {
    throw new InvalidArgumentError(
      "wanted an age as 90s, 10m, 2h or 1d, or a date as 2026-11-29T13:00Z",
    );
  }
  if (time - Date.now() <= MAX_AHEAD_MS) return time;
  throw new InvalidArgumentError("wanted a date at most 24 days ahead");
}

function timeOf(text: string): number | undefined {
  const age = parseDuration(text);
  if (age !== undefined) return Math.max(0, Math.floor(Date.now() - age));
  return parseDateTime(text);
}

import type { Redis } from "ioredis";

const SLOTS = 16_384;

/** The assignment of a cluster's slots, according to each master. */
export interface RedisTopology {
  /** Equal for equal assignments. */
  readonly text: string;
  /** Whether a slot is moving from one master to another. */
  readonly isMoving: boolean;
  /** Whether every slot has exactly one owner among the masters. */
  readonly isComplete: boolean;
}

/** Sends one command to every master of a cluster. */
export async function readRedisTopology(masters: readonly Redis[]): Promise<RedisTopology> {
  const answers = await Promise.all(masters.map((master) => master.cluster("NODES")));
  return summarize(answers.map((answer) => ownLine(String(answer))));
}

interface OwnLine {
  readonly text: string;
  readonly slots: number;
  readonly isMoving: boolean;
}

/** Each server knows itself best, and only its own line shows moving slots. */
function ownLine(nodes: string): OwnLine {
  const line = nodes.split("\n").find((each) => /^\S+ \S+ \S*\bmyself\b/.test(each)) ?? "";
  const [id, , flags = "", , , , , , ...ranges] = line.split(" ");
  const owned = flags.split(",").includes("master") ? ranges : [];
  return {
    text: `${id} ${owned.join(" ")}`,
    slots: owned.reduce((sum, range) => sum + sizeOf(range), 0),
    isMoving: owned.some((range) => range.startsWith("[")),
  };
}

/** Number of slots in `5` or `5-9`; 0 for `[93->-id]`, which follows the ranges. */
function sizeOf(range: string): number {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
  return first === undefined ? 0 : Number(last) - Number(first) + 1;
}

function summarize(lines: readonly OwnLine[]): RedisTopology {
  return {
    text: lines.map(({ text }) => text).sort().join("\n"),
    isMoving: lines.some(({ isMoving }) => isMoving),
    isComplete: lines.reduce((sum, { slots }) => sum + slots, 0) === SLOTS,
  };
}

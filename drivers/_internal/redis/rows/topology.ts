import type { Redis } from "ioredis";

const SLOTS = 16_384;

/** Who has which part of a cluster, by what each master says of itself. */
export interface RedisTopology {
  /** The same text for the same distribution. */
  readonly text: string;
  /** Whether some part is on its way from one master to another. */
  readonly isMoving: boolean;
  /** Whether every part has exactly one owner among the masters that were asked. */
  readonly isComplete: boolean;
}

/** Asks every master of a cluster, each one question. */
export async function readRedisTopology(masters: readonly Redis[]): Promise<RedisTopology> {
  const answers = await Promise.all(masters.map((master) => master.cluster("NODES")));
  return summarize(answers.map((answer) => ownLine(String(answer))));
}

interface OwnLine {
  readonly text: string;
  readonly slots: number;
  readonly isMoving: boolean;
}

/** Each server knows itself best, and only there are slots that move to be seen. */
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

/** The slots in `5`, in `5-9`; none in `[93->-id]`, which is among the ranges besides. */
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

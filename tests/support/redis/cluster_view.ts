/** The number of slots in a cluster. */
export const CLUSTER_SLOTS = 16_384;

/** One server in the output of CLUSTER NODES. */
export interface ClusterMember {
  readonly id: string;
  readonly port: number;
  readonly flags: readonly string[];
  /** The id of its master, or `-` for a master. */
  readonly masterId: string;
  /** The first and last slot of each range that the server owns. */
  readonly ranges: readonly (readonly [number, number])[];
}

/** Parses the output of CLUSTER NODES, even among other text. */
export function parseClusterNodes(text: string): ClusterMember[] {
  return text.split("\n").flatMap((line) => {
    const [id = "", address = "", flags = "", masterId = "", , , , , ...slots] = line.split(" ");
    const port = /:(\d+)@/.exec(address)?.[1];
    if (!/^[0-9a-f]{40}$/.test(id) || port === undefined) return [];
    return [{ id, port: Number(port), flags: flags.split(","), masterId, ranges: rangesOf(slots) }];
  });
}

/** Whether the server owns slots and is not known to have failed. */
export function isServing({ flags, ranges }: ClusterMember): boolean {
  return flags.includes("master") && !flags.includes("fail") && ranges.length > 0;
}

/** Whether the server owns a slot. */
export function owns({ ranges }: ClusterMember, slot: number): boolean {
  return ranges.some(([first, last]) => first <= slot && slot <= last);
}

/**
 * Which server owns which slots and which replica follows which master. Equal views give equal
 * texts.
 */
export function viewSummary(members: readonly ClusterMember[]): string {
  return members.map(({ id, masterId, ranges }) => `${id} ${masterId} ${ranges.join(" ")}`)
    .sort().join("\n");
}

/** Leaves out the slots that are being moved: `[93->-id]`. */
function rangesOf(words: readonly string[]): [number, number][] {
  return words.filter((word) => /^\d/.test(word)).map((word) => {
    const [first = "", last = first] = word.split("-");
    return [Number(first), Number(last)];
  });
}

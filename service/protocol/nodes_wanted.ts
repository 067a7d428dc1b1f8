/** How many nodes must have applied an event: all of them, a number, or a percentage. */
export type NodesWanted =
  | "all"
  | { readonly count: number }
  | { readonly percent: number };

/** Parses `all`, `3` or `90%`; undefined for anything else. */
export function parseNodesWanted(text: string): NodesWanted | undefined {
  if (text === "all") return "all";
  const [, digits = "", percent] = /^(\d{1,9})(%?)$/.exec(text) ?? [];
  const number = Number(digits);
  if (number < 1) return undefined;
  if (percent === "") return { count: number };
  return number <= 100 ? { percent: number } : undefined;
}

/** The text that {@linkcode parseNodesWanted} parses. */
export function formatNodesWanted(wanted: NodesWanted): string {
  if (wanted === "all") return "all";
  return "count" in wanted ? String(wanted.count) : `${wanted.percent}%`;
}

/** The number of nodes that are required, of `nodes` nodes. */
export function nodesNeeded(wanted: NodesWanted, nodes: number): number {
  if (wanted === "all") return nodes;
  return "count" in wanted ? wanted.count : Math.ceil(nodes * wanted.percent / 100);
}

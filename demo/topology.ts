interface TopologyEvent {
  readonly topic: string;
}

/** A small northbound topology as JSON lines: chassis, and two projects with all their rows. */
export const TOPOLOGY: string = await Deno.readTextFile(
  new URL("./topology.jsonl", import.meta.url),
);

const events: readonly TopologyEvent[] = TOPOLOGY.trim().split("\n").map((line) =>
  JSON.parse(line)
);
const projects = [...new Set(events.map(({ topic }) => topic))].filter((topic) => topic !== "D");

/** Number of events in the topology. */
export const EVENT_COUNT = events.length;
/** The topics of the two projects. */
export const [RED = "", BLUE = ""] = projects;
/** Number of events that concern project red: its own, and those on the broadcast topic. */
export const RED_COUNT = events.filter(({ topic }) => topic !== BLUE).length;
/** An event of the topology, as `subscribe` prints it. */
export const TOPOLOGY_LINE = /"table":"(?:chassis|secgroup|lrouter|lswitch|lport|floatingip)"/;

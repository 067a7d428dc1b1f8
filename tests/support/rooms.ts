/** A folder or a file: its content, and what its files may import besides each other. */
export interface Room {
  /**
   * `service/base/`, or a file such as `main.ts`. A file belongs to the room with the longest
   * matching path.
   */
  readonly path: string;
  readonly holds: string;
  /** Paths of rooms, including everything below them, and of packages: `npm:`, `node:crypto`. */
  readonly mayImport: readonly string[];
  /** Whether its files may not import each other. @default false */
  readonly isApart?: boolean;
}

const CONTRACT = "drivers/contract/";
const LIBC = "drivers/_internal/libc.ts";
const SOCKETS = "drivers/_internal/sockets/";
const EVENT = "service/event/";
const COMPOSITION = "cli/composition.ts";

function command(name: string, holds: string, ...others: readonly string[]): Room {
  const shared = [COMPOSITION, "cli/terminal/", "cli/flags/"];
  return {
    path: `cli/${name}/`,
    holds,
    mayImport: [...shared, ...others, "service/", CONTRACT, "node:"],
  };
}

function service(name: string, holds: string, ...lower: readonly string[]): Room {
  const rooms = lower.map((each) => `service/${each}/`);
  return { path: `service/${name}/`, holds, mayImport: [CONTRACT, "node:crypto", ...rooms] };
}

function driver(kind: string, holds: string): Room {
  return {
    path: `drivers/${kind}/`,
    holds,
    mayImport: [CONTRACT, "drivers/_internal/", "node:", "npm:"],
    isApart: true,
  };
}

/** Every room of the product, from the top floor down. */
export const ROOMS: readonly Room[] = [
  { path: "main.ts", holds: "arguments, streams, signals, exit code", mayImport: ["cli/"] },
  {
    path: "mod.ts",
    holds: "the public API for applications: re-exports only",
    mayImport: ["library/", "service/", CONTRACT],
  },
  {
    path: "driver.ts",
    holds: "the public API for authors of drivers: re-exports only",
    mayImport: [CONTRACT, "drivers/_internal/"],
  },
  { path: "wire.ts", holds: "the public API of the codec: re-exports only", mayImport: [EVENT] },
  {
    path: "cli/",
    holds: "the list of commands, and commands of one file",
    mayImport: [
      ...["cli/serve/", "cli/publish/", "cli/subscribe/", "cli/check/", "cli/bench/"],
      ...["cli/doctor/", "cli/peers/", "cli/wait/", "cli/top/", "cli/config/", "cli/bus/"],
      ...[COMPOSITION, "cli/terminal/", "cli/flags/", "service/", CONTRACT, "npm:"],
    ],
  },
  command("serve", "`serve`: health pages, signals, service manager", "drivers/host.ts"),
  command("publish", "`publish`: events from flags and lines, and their outcome", "cli/bus/"),
  command("subscribe", "`subscribe`: events as text and JSON, snapshots, gap notices", "cli/bus/"),
  command("peers", "`peers`: the subscribers of every publisher", "cli/bus/", "npm:"),
  command("wait", "`wait`: until nodes have applied what is published", "cli/bus/", "npm:"),
  command(
    "check",
    "`check`: the service, its subscribers, the database and the publishers table",
    "cli/bus/",
    "npm:",
  ),
  command(
    "doctor",
    "`doctor`: problems of a deployment, with remedies",
    ...["cli/bus/", "drivers/host.ts", "npm:"],
  ),
  command("top", "`top`: a service live, on a whole terminal", "cli/bus/", "npm:"),
  command("bench", "`bench`: load, measurement, verdict", "cli/bus/", "npm:"),
  command("config", "`config`: check, show, sample", "drivers/registry.ts", "npm:"),
  {
    path: "cli/bus/",
    holds: "bus clients, publishers table and health pages as configured; events as lines",
    mayImport: [COMPOSITION, "cli/flags/", "cli/terminal/", "service/", CONTRACT, "node:"],
  },
  {
    path: COMPOSITION,
    holds: "configuration, log and drivers of a command",
    mayImport: [
      ...["cli/flags/", "cli/terminal/", "library/", "service/", CONTRACT, "drivers/registry.ts"],
    ],
  },
  {
    path: "cli/terminal/",
    holds: "streams, log lines, tables, progress, the process and its exit codes",
    mayImport: ["service/config/", "service/base/", CONTRACT, "drivers/host.ts", "node:"],
  },
  {
    path: "cli/flags/",
    holds: "flags, their values, usage errors",
    mayImport: [
      ...["cli/terminal/", "service/config/", "service/event/", "service/protocol/", CONTRACT],
      ...["drivers/host.ts", "deno.json", "npm:"],
    ],
  },
  {
    path: "library/",
    holds: "what `mod.ts` opens: defaults for drivers, configuration, clock and log",
    mayImport: ["service/", CONTRACT, "drivers/registry.ts", "drivers/host.ts"],
  },
  {
    path: "service/fleet/",
    holds: "HTTP queries to services: which nodes have received the published events",
    mayImport: [CONTRACT, "node:", "service/protocol/", "service/base/", "service/config/"],
  },
  service(
    "controller",
    "what `serve` runs: relay, table monitors, registration, observability",
    ...["publish", "publishers", "protocol", "base", "event", "config"],
  ),
  service(
    "node",
    "the API of applications: NbApi and its tables",
    ...["receive", "publish", "publishers", "fleet", "protocol", "base", "event", "config"],
  ),
  service(
    "receive",
    "from frames to events in order: decoding, gaps, the network subscriber",
    ...["publishers", "protocol", "base", "event", "config"],
  ),
  service(
    "publish",
    "from events to frames: stamps, sending, outcome of the events",
    ...["base", "event", "config"],
  ),
  service(
    "publishers",
    "the publishers table: rows, registration, stale rows, followers, table monitor",
    ...["base", "event", "config"],
  ),
  service("protocol", "the session protocol between our own ends, besides events", "event"),
  service("base", "clock, rate limiter, warnings: nothing specific to the domain", "config"),
  service("event", "`DbUpdate` and its encodings"),
  service("config", "the option table, and files as oslo.config reads them"),
  {
    path: "drivers/registry.ts",
    holds: "the one list of drivers",
    mayImport: [CONTRACT, "drivers/pubsub/", "drivers/db/", "drivers/_internal/"],
  },
  {
    path: "drivers/host.ts",
    holds: "what the operating system reports about this host",
    mayImport: [CONTRACT, "drivers/_internal/", "node:"],
  },
  driver("pubsub", "one file per pub/sub driver"),
  driver("db", "one file per database driver"),
  {
    path: "drivers/_internal/",
    holds: "code that drivers share: ZMTP, libzmq, Redis, SQLite",
    mayImport: [CONTRACT, SOCKETS, LIBC, "deno.json", "node:", "npm:"],
  },
  {
    path: SOCKETS,
    holds: "sockets, addresses, connections and the event loop: nothing specific to a protocol",
    mayImport: [CONTRACT, LIBC, "node:"],
  },
  { path: LIBC, holds: "calls of the C library", mayImport: [CONTRACT] },
  { path: CONTRACT, holds: "the contracts of drivers", mayImport: [] },
];

/** The room that a file belongs to, or undefined outside the product. */
export function roomOf(path: string): Room | undefined {
  return ROOMS.filter((room) => covers(room.path, path))
    .sort((a, b) => b.path.length - a.path.length)[0];
}

/** Whether files of a room may import this module. */
export function mayImport(room: Room, target: string): boolean {
  const other = roomOf(target);
  if (other === undefined) return room.mayImport.some((each) => target.startsWith(each));
  if (other === room) return room.isApart !== true;
  return room.mayImport.some((each) => covers(each, other.path));
}

function covers(place: string, path: string): boolean {
  return place.endsWith("/") ? path.startsWith(place) : path === place;
}

/** The rooms that a room may import. */
function below(room: Room): Room[] {
  return ROOMS.filter((other) => other !== room && mayImport(room, other.path));
}

/**
 * The rooms by floor, the lowest first. A room's floor is one above the highest floor that it
 * imports.
 * @throws {Error} when rooms import each other in a cycle
 */
export function floors(): readonly (readonly Room[])[] {
  const floorOf = new Map<Room, number>();
  const place = (room: Room, above: readonly Room[]): number => {
    if (above.includes(room)) {
      throw new Error(`Cycle: ${[...above, room].map(({ path }) => path).join(" → ")}`);
    }
    const known = floorOf.get(room);
    if (known !== undefined) return known;
    const floor = 1 + Math.max(0, ...below(room).map((each) => place(each, [...above, room])));
    floorOf.set(room, floor);
    return floor;
  };
  for (const room of ROOMS) place(room, []);
  const top = Math.max(...floorOf.values());
  return Array.from(
    { length: top },
    (_, index) => ROOMS.filter((room) => floorOf.get(room) === index + 1),
  );
}

/** The table of rooms in CONTRIBUTING.md, one line per room. */
export function roomTable(): string[] {
  return ROOMS.map(({ path, holds, mayImport }) => {
    const targets = mayImport.map((each) => `\`${each}\``).join(" ");
    return `| \`${path}\` | ${holds} | ${targets === "" ? "nothing else" : targets} |`;
  });
}

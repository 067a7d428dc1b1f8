import {
  command,
  COMPOSITION,
  CONTRACT,
  driver,
  EVENT,
  LIBC,
  OPTION_FILE,
  REASON,
  type Room,
  service,
  SOCKETS,
  TLS,
  TLS_FOR_CALLERS,
  zmtp,
} from "./room_kinds.ts";

export type { Room };

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
      ...["cli/events/", "cli/completion/", "cli/record/", "cli/replay/", "cli/why/"],
      "cli/certs/",
      ...[COMPOSITION, "cli/terminal/", "cli/flags/", "service/", CONTRACT, "npm:"],
    ],
  },
  command(
    "serve",
    "`serve`: health pages, signals, service manager",
    ...["cli/bus/", "drivers/host.ts", TLS_FOR_CALLERS],
  ),
  command(
    "publish",
    "`publish`: events from flags and lines",
    ...["cli/bus/", "cli/events/", "cli/sending/", "npm:"],
  ),
  command(
    "record",
    "`record`: events of the network, or of a recorder, to a file",
    ...["cli/bus/", "cli/events/", "npm:"],
  ),
  command(
    "replay",
    "`replay`: recorded events to the network",
    ...["cli/bus/", "cli/events/", "cli/sending/", "npm:"],
  ),
  command(
    "why",
    "`why`: what is known about a row: value, events, nodes",
    ...["cli/bus/", "cli/events/", "npm:"],
  ),
  command(
    "subscribe",
    "`subscribe`: where events go, when it ends, snapshots, gap notices",
    ...["cli/bus/", "cli/events/", "npm:"],
  ),
  command("completion", "`completion`: scripts for shells, and the values that they show", "npm:"),
  command(
    "peers",
    "`peers`: the subscribers of every publisher",
    "cli/bus/",
    "cli/events/",
    "npm:",
  ),
  command(
    "wait",
    "`wait`: until nodes have applied what is published",
    "cli/bus/",
    "cli/events/",
    "npm:",
  ),
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
  command("certs", "`certs`: a small authority, and certificates in use", TLS_FOR_CALLERS, "npm:"),
  command(
    "config",
    "`config`: check, show, sample",
    ...["drivers/registry.ts", TLS_FOR_CALLERS],
    "npm:",
  ),
  {
    path: "cli/bus/",
    holds: "bus clients, publishers table and health pages as configured",
    mayImport: [
      ...[COMPOSITION, "cli/flags/", "cli/terminal/", "service/", CONTRACT, TLS_FOR_CALLERS],
      "node:",
    ],
  },
  {
    path: "cli/sending/",
    holds: "events of an input to the bus: lines, pace, outcome",
    mayImport: [
      ...[COMPOSITION, "cli/bus/", "cli/events/", "cli/flags/", "cli/terminal/", "service/"],
      ...[CONTRACT, "node:"],
    ],
  },
  {
    path: "cli/events/",
    holds: "choice and format of events: flags, filters, text, JSON",
    mayImport: ["cli/flags/", "cli/terminal/", "service/", CONTRACT, "node:", "npm:"],
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
    mayImport: [
      ...["service/config/", "service/base/", CONTRACT, "drivers/host.ts", TLS_FOR_CALLERS],
      ...["node:", "npm:"],
    ],
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
    mayImport: ["service/", CONTRACT, "drivers/registry.ts", "drivers/host.ts", TLS_FOR_CALLERS],
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
  {
    path: TLS_FOR_CALLERS,
    holds: "TLS for callers outside the drivers: clients, listeners, certificates",
    mayImport: [CONTRACT, "drivers/_internal/"],
  },
  driver("pubsub", "one file per pub/sub driver"),
  driver("db", "one file per database driver"),
  {
    path: "drivers/_internal/",
    holds: "code that drivers share: ZMTP, libzmq, Redis, SQLite",
    mayImport: [CONTRACT, SOCKETS, TLS, OPTION_FILE, REASON, LIBC, "deno.json", "node:", "npm:"],
  },
  zmtp("publish", "PUB: the log, a cursor for each subscriber, the applied positions"),
  zmtp("subscribe", "SUB: connections to publishers, live topics, reports of applied events"),
  zmtp("push_pull", "PUSH and PULL: local publishers and their service"),
  {
    path: SOCKETS,
    holds: "sockets, addresses, connections and the event loop: nothing specific to a protocol",
    mayImport: [CONTRACT, LIBC, "node:"],
  },
  {
    path: TLS,
    holds: "certificates: their files, names, validity and faults, for every use of TLS",
    mayImport: [CONTRACT, OPTION_FILE, REASON, "node:"],
  },
  {
    path: OPTION_FILE,
    holds: "the text of the file that an option names",
    mayImport: [CONTRACT],
  },
  { path: REASON, holds: "an error whose message explains the problem", mayImport: [CONTRACT] },
  { path: LIBC, holds: "calls of the C library", mayImport: [CONTRACT] },
  { path: CONTRACT, holds: "the contracts of drivers", mayImport: [] },
];

import { fileURLToPath } from "node:url";
import { V8_FLAGS } from "../../packaging/v8_flags.ts";
import { Child } from "../child.ts";
import { type Program, SOURCES } from "../program.ts";

const START_TIMEOUT_MS = 20_000;

/** A running relay, ours or the peer's. */
export interface RunningRelay {
  readonly child: Child;
  /** The address to which events are pushed. */
  readonly pushEndpoint: string;
  /** The address from which events are received. */
  readonly subscribeEndpoint: string;
  /** The relay and its version, for the report. */
  readonly description: string;
}

/** Flags for a `serve` whose files are all in `directory`. */
export function serveFlags(directory: string, highWaterMark: number): string[] {
  return [
    "df.publisher_bind_address=127.0.0.1",
    "df.publisher_port=0",
    `df.publisher_multiproc_socket=${directory}/socket`,
    `df.sqlite_path=${directory}/nb.sqlite`,
    `df_zmq.high_water_mark=${highWaterMark}`,
    "df.log_format=text",
  ].flatMap((setting) => ["--set", setting]);
}

/** Arguments that make the current Deno run the program's `command` from its sources. */
export function programArguments(command: string, flags: readonly string[]): string[] {
  return [...SOURCES.command.slice(1), command, ...flags];
}

/** Options of {@linkcode startServe}. */
export interface ServeOptions {
  /** @default the sources */
  readonly program?: Program;
  /** Flags besides those of {@linkcode serveFlags}. */
  readonly flags?: readonly string[];
}

/** Starts the program's `serve` and waits until it is ready. */
export async function startServe(
  directory: string,
  highWaterMark: number,
  { program: { name, command } = SOURCES, flags = [] }: ServeOptions = {},
): Promise<RunningRelay> {
  const [program, ...first] = command;
  const args = [...first, "serve", ...serveFlags(directory, highWaterMark), ...flags];
  const child = new Child(program, args, { read: "stderr" });
  const bound = await child.line(
    /^listening on (t(?:cp|ls):\S+) for subscribers$/,
    START_TIMEOUT_MS,
  );
  await child.line(/^READY$/, START_TIMEOUT_MS);
  return {
    child,
    pushEndpoint: `ipc://${directory}/socket`,
    subscribeEndpoint: bound[1] ?? "",
    description: `df-pubsub serve ${name}, Deno ${Deno.version.deno}`,
  };
}

/** Starts the native proxy. It is ready once it has printed its address. */
export async function startProxy(
  program: string,
  directory: string,
  highWaterMark: number,
): Promise<RunningRelay> {
  const pushEndpoint = `ipc://${directory}/proxy`;
  const child = new Child(program, [pushEndpoint, String(highWaterMark)], { read: "stdout" });
  const bound = await child.line(/^(tcp:\S+) (\S+)$/, START_TIMEOUT_MS);
  return {
    child,
    pushEndpoint,
    subscribeEndpoint: bound[1] ?? "",
    description: `zmq_proxy, libzmq ${bound[2]}`,
  };
}

const PLAIN_RELAY = fileURLToPath(new URL("relay_process.ts", import.meta.url));

/** Starts the bare relay, with or without positions, and without the service around it. */
export async function startBareRelay(
  kind: "plain" | "positioned",
  directory: string,
  highWaterMark: number,
): Promise<RunningRelay> {
  const socket = `${directory}/${kind}`;
  const flags = ["run", "-A", V8_FLAGS, PLAIN_RELAY];
  const args = [...flags, kind, socket, String(highWaterMark)];
  const child = new Child(Deno.execPath(), args, { read: "stdout" });
  const bound = await child.line(/^at (tcp:\S+)$/, START_TIMEOUT_MS);
  return {
    child,
    pushEndpoint: `ipc://${socket}`,
    subscribeEndpoint: bound[1] ?? "",
    description: `${kind} relay`,
  };
}

import type { MonotonicClock } from "../../drivers/contract/waiting.ts";
import { readFeed } from "../bus/service_feed.ts";
import { pagesUrlOf } from "../bus/service_pages.ts";
import { localService } from "../bus/service_places.ts";
import { readPageAccess } from "../../service/fleet/page_access.ts";
import { type CommonFlags, compose } from "../composition.ts";
import { hasColour } from "../terminal/colour.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { FullTerminal } from "../terminal/full_terminal.ts";
import type { Io } from "../terminal/io.ts";
import { Controls } from "./controls.ts";
import { follow } from "./follow.ts";
import { frameOf, plainFrameOf, type View } from "./frame.ts";
import { LiveFeed, type LiveState } from "./live_state.ts";
import { Screen } from "./screen.ts";

/** The flags of `top`; times are in seconds. */
export interface TopFlags extends CommonFlags {
  readonly url?: string | undefined;
  readonly once?: true | undefined;
  readonly timeout?: number | undefined;
}

const TIMEOUT_S = 600;
/** A service sends a message per second, but waits up to two seconds for its database. */
const SILENCE_MS = 5_000;
/** The first message has the history, the next one the subscribers, the third one the rest. */
const MESSAGES_FOR_ALL = 3;

/** Shows a service live until a key or a signal ends it. */
export async function top(flags: TopFlags, io: Io): Promise<ExitCode> {
  const composition = await compose(flags, io, { level: "warn" });
  const access = await readPageAccess(composition.config, io);
  const { pages } = flags.url === undefined
    ? localService(composition, access)
    : { pages: pagesUrlOf(flags.url) };
  const open = (signal: AbortSignal) =>
    readFeed(pages, { ...access, silenceMs: SILENCE_MS, signal });
  const { clock } = composition;
  const source = { open, timeoutMs: (flags.timeout ?? TIMEOUT_S) * 1000, clock };
  const terminal = io.env["TERM"] === "dumb" || flags.once ? undefined : io.terminal;
  return terminal === undefined
    ? await printFrames(source, io, flags.once === true)
    : await showScreen(source, io, { terminal, hasColour: hasColour(flags, io.out, io.env) });
}

interface Source {
  readonly open: (signal: AbortSignal) => AsyncIterable<string>;
  readonly timeoutMs: number;
  readonly clock: MonotonicClock;
}

/** The last state of a service, and the view that keys have selected. */
class LiveView {
  readonly controls = new Controls();
  readonly #feed = new LiveFeed();
  /** Does not change while paused. */
  #state: LiveState = this.#feed.state;
  #outage: string | undefined;
  /** Number of messages on this connection. */
  messages = 0;
  onChange = (): void => {};

  take(data: string): void {
    this.#feed.take(data);
    this.#outage = undefined;
    this.messages++;
  }

  lose(outage: string): void {
    this.#outage = outage;
  }

  get view(): View {
    if (!this.controls.isPaused) this.#state = this.#feed.state;
    return { state: this.#state, outage: this.#outage, ...this.controls.shown };
  }
}

async function showScreen(
  source: Source,
  io: Io,
  { terminal, hasColour }: { readonly terminal: FullTerminal; readonly hasColour: boolean },
): Promise<ExitCode> {
  const ended = new AbortController();
  const signal = AbortSignal.any([io.interrupted, ended.signal]);
  const live = new LiveView();
  const begun = Promise.withResolvers<void>();
  const following = follow({
    ...source,
    signal,
    take: (data) => live.take(data),
    taken() {
      begun.resolve();
      live.onChange();
    },
    lost(outage) {
      live.lose(outage);
      live.onChange();
    },
  });
  // The terminal is unchanged until there is something to show.
  await Promise.race([begun.promise, following]);
  if (signal.aborted) return EXIT.done;
  const frame = () => frameOf(live.view, terminal.size);
  await using shown = new Screen({ terminal, hasColour, frame });
  live.onChange = () => shown.draw();
  live.onChange();
  try {
    const keys = readKeys(io, live);
    await Promise.race([following, keys, shown.failed]);
  } finally {
    ended.abort();
  }
  return EXIT.done;
}

/** Reads keys until one requests to quit, or the terminal is closed. */
async function readKeys({ stdin }: Io, live: LiveView): Promise<void> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(256);
  for (;;) {
    const length = await stdin.read(buffer).catch(() => null);
    if (length === null) return;
    const input = decoder.decode(buffer.subarray(0, length), { stream: true });
    if (live.controls.press(input, live.view.state.peers.length)) return;
    live.onChange();
  }
}

async function printFrames(source: Source, io: Io, isOnce: boolean): Promise<ExitCode> {
  const ended = new AbortController();
  const signal = AbortSignal.any([io.interrupted, ended.signal]);
  const live = new LiveView();
  const print = () => {
    const lines = plainFrameOf(live.view, io.out.columns);
    io.out.write(`${lines.map(({ text }) => text.trimEnd()).join("\n")}\n${isOnce ? "" : "\n"}`);
  };
  await follow({
    ...source,
    signal,
    timeoutMs: isOnce ? 0 : source.timeoutMs,
    take: (data) => live.take(data),
    taken() {
      if (live.messages < MESSAGES_FOR_ALL) return;
      print();
      if (isOnce) ended.abort();
    },
    lost(outage) {
      live.lose(outage);
      print();
    },
  });
  return EXIT.done;
}

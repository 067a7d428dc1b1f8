import type { Clock } from "../../base/clock.ts";
import { WireError } from "../../event/codec/wire_error.ts";
import type { DbUpdate } from "../../event/db_update.ts";
import type { ReplayAnswer, ReplayRequest } from "../../protocol/replay_protocol.ts";
import type { Healing } from "./healing.ts";

/** What a {@linkcode Replayer} works with. */
export interface ReplayerOptions {
  readonly client: {
    ask(address: string, request: ReplayRequest, signal: AbortSignal): Promise<ReplayAnswer>;
  };
  /** The update in a payload, as it would be of a frame. @throws {WireError} */
  readonly decode: (payload: Uint8Array, topic: string) => DbUpdate;
  readonly clock: Clock;
  /** How long a gap waits for a hello that says where to ask. */
  readonly helloMs: number;
  /** The longest that events wait for one gap before them. */
  readonly holdMs: number;
  /** Told why a publisher could not be asked. */
  readonly onFailure: (error: unknown) => void;
}

/** An event that was replayed. */
export interface ReplayedUpdate {
  readonly update: DbUpdate;
  /** Of its payload. */
  readonly octets: number;
}

/** An answer: of the numbers asked for, those below `first` are gone. */
export interface Replay {
  /** The number of the first update; behind `to` when none is held. */
  readonly first: number;
  /** The last number that was asked for. */
  readonly to: number;
  /** Consecutive; undefined stands for an event that is not the one asked for. */
  readonly updates: readonly (ReplayedUpdate | undefined)[];
  /** How many that are, and answers that are none. */
  readonly refused: number;
}

/** Asks for what a gap lacks, the oldest first, and checks what is answered. */
export class Replayer {
  readonly #options: ReplayerOptions;

  constructor(options: ReplayerOptions) {
    this.#options = options;
  }

  /** Each answer in turn, until nothing is missing, nobody answers, or it has taken too long. */
  async *replays(healing: Healing): AsyncGenerator<Replay, void, undefined> {
    const { clock, holdMs } = this.#options;
    let upTo = 0;
    let deadline = Infinity;
    for (;;) {
      const range = healing.track.missing.first;
      if (range === undefined || healing.ended.aborted || clock.monotonic() > deadline) return;
      if (range.to > upTo) deadline = clock.monotonic() + holdMs;
      upTo = range.to;
      const replay = await this.#replay(healing);
      if (replay === undefined || healing.ended.aborted) return;
      yield replay;
    }
  }

  async #replay(healing: Healing): Promise<Replay | undefined> {
    const address = await this.#addressOf(healing);
    const { epoch, track: { publisher, topic, missing: { first: range } } } = healing;
    if (address === undefined || range === undefined) return undefined;
    const request = { publisher, epoch, topic, ...range };
    try {
      const answer = await this.#options.client.ask(address, request, healing.ended);
      return this.#checked(request, answer);
    } catch (error) {
      if (!healing.ended.aborted) this.#options.onFailure(error);
      return error instanceof WireError ? nothing(request.to, 1) : undefined;
    }
  }

  async #addressOf({ track, heard }: Healing): Promise<string | undefined> {
    const { clock, helloMs } = this.#options;
    // Rejects when a hello came, or the end: both are looked at below.
    if (track.replayAddress === undefined) await clock.sleep(helloMs, heard).catch(() => {});
    return track.replayAddress ?? undefined;
  }

  #checked(request: ReplayRequest, answer: ReplayAnswer): Replay {
    const { from, to } = request;
    const { first, events } = answer;
    const isOurs = answer.publisher === request.publisher && answer.epoch === request.epoch &&
      answer.topic === request.topic;
    if (!isOurs) return nothing(to, 1);
    if (first === 0) return nothing(to, 0);
    if (first < from || first > to) return nothing(to, 1);
    const updates = events.map((event, index) => this.#decode(event, request, first + index));
    return { first, to, updates, refused: updates.filter((each) => each === undefined).length };
  }

  #decode(
    payload: Uint8Array,
    { publisher, epoch, topic }: ReplayRequest,
    seq: number,
  ): ReplayedUpdate | undefined {
    try {
      const update = this.#options.decode(payload, topic);
      const { origin } = update;
      const isIt = origin?.publisher === publisher && origin.epoch === epoch &&
        origin.topic === topic && origin.seq === seq;
      return isIt ? { update, octets: payload.length } : undefined;
    } catch (error) {
      if (error instanceof WireError) return undefined;
      throw error;
    }
  }
}

function nothing(to: number, refused: number): Replay {
  return { first: to + 1, to, updates: [], refused };
}

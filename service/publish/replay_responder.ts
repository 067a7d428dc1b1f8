import { messageOf } from "../../drivers/contract/errors.ts";
import type { RequestHandler } from "../../drivers/contract/requests.ts";
import { WireError } from "../event/codec/wire_error.ts";
import type { RefusalLog } from "../base/refusal_log.ts";
import type { PositionedPublisher } from "./positioned_publisher.ts";
import {
  decodeReplayRequest,
  encodeReplayAnswer,
  type ReplayAnswer,
  replayEventOctets,
  type ReplayRequest,
} from "../protocol/replay_protocol.ts";

/** What stands before the events of an answer has at most so many octets. */
const HEAD_OCTETS = 512;

/** How a {@linkcode ReplayResponder} works. */
export interface ReplayResponderOptions {
  /** The most octets of an answer. */
  readonly maxBytes: number;
  /** Counts and reports requests that are none. */
  readonly refusals: RefusalLog;
}

/** Totals since the responder was made. */
export interface ReplayCounters {
  /** Requests that were answered, by events or by none. */
  readonly answered: number;
  /** Events that went into answers. */
  readonly replayed: number;
  /** Requests that were none. */
  readonly refused: number;
}

/**
 * Answers those who missed events, out of what their publisher keeps. What another publisher or
 * another start of this one has sent is not held: the answer says so. Requests that are none get no
 * answer.
 */
export class ReplayResponder {
  readonly #publisher: PositionedPublisher;
  readonly #options: ReplayResponderOptions;
  readonly #counters = { answered: 0, replayed: 0, refused: 0 };

  /** Answers when it is asked. */
  constructor(publisher: PositionedPublisher, options: ReplayResponderOptions) {
    this.#publisher = publisher;
    this.#options = options;
  }

  /** Totals, as of now. */
  get counters(): ReplayCounters {
    return { ...this.#counters };
  }

  /** Answers one request. */
  readonly handle: RequestHandler = (octets) => {
    try {
      const answer = this.#answerTo(decodeReplayRequest(octets));
      this.#counters.answered++;
      this.#counters.replayed += answer.events.length;
      return encodeReplayAnswer(answer);
    } catch (error) {
      this.#counters.refused++;
      const kind = error instanceof WireError ? error.code : "NOT_ANSWERED";
      this.#options.refusals.note(kind, messageOf(error));
      return undefined;
    }
  };

  #answerTo({ publisher, epoch, topic, from, to }: ReplayRequest): ReplayAnswer {
    const isOwn = publisher === this.#publisher.id && epoch === this.#publisher.epoch;
    const held = isOwn ? this.#heldFrom(topic, from, to) : { first: 0, events: [] };
    return { publisher, epoch, topic, ...held };
  }

  /** As many as an answer holds, from the first that it does hold. */
  #heldFrom(topic: string, from: number, to: number): { first: number; events: Uint8Array[] } {
    const events: Uint8Array[] = [];
    const oldest = this.#publisher.firstKept(topic);
    if (oldest === 0) return { first: 0, events };
    let first = Math.max(from, oldest);
    let room = this.#options.maxBytes - HEAD_OCTETS;
    for (let position = first; position <= to; position++) {
      const event = this.#publisher.kept(topic, position);
      if (event === undefined) break;
      room -= replayEventOctets(event);
      if (room >= 0) events.push(event);
      else if (events.length > 0) break;
      // The first alone is too large for any answer: it is as good as gone.
      else [first, room] = [position + 1, this.#options.maxBytes - HEAD_OCTETS];
    }
    return { first: events.length === 0 ? 0 : first, events };
  }
}

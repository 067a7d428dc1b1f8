import { MissingRanges, type Range } from "./missing_ranges.ts";

/** How many former epochs are remembered, so that what is left of them on the way is not taken for a restart. */
const OLD_EPOCHS = 8;

/** What a number means, after all that came before it. */
export type Verdict =
  /** Heard of for the first time: the numbers before it are no concern. */
  | { readonly kind: "first" }
  /** The one that was due. */
  | { readonly kind: "next" }
  /** One that was missing. */
  | { readonly kind: "late" }
  /** Seen before, given up, or of an epoch that is over: not to be handed on. */
  | { readonly kind: "duplicate" }
  /** The first after some that are missing now. */
  | { readonly kind: "gap"; readonly missing: Range }
  /** The first of a new epoch; of the one before, these were still missing. */
  | { readonly kind: "restart"; readonly abandoned: readonly Range[]; readonly missing?: Range };

const FIRST: Verdict = { kind: "first" };
const NEXT: Verdict = { kind: "next" };
const LATE: Verdict = { kind: "late" };
const DUPLICATE: Verdict = { kind: "duplicate" };

/** What a hello means. */
export type HelloVerdict =
  | { readonly kind: "first" }
  /** Of the epoch that is known; `ahead` when events up to its number have not come yet. */
  | { readonly kind: "known"; readonly ahead: boolean }
  /** Of an epoch that is over. */
  | { readonly kind: "stale" }
  /** A new epoch, of which no event has come; of the one before, these were still missing. */
  | {
    readonly kind: "restart";
    readonly abandoned: readonly Range[];
    readonly ahead: boolean;
  };

const FIRST_HELLO: HelloVerdict = { kind: "first" };
const KNOWN: HelloVerdict = { kind: "known", ahead: false };
const AHEAD: HelloVerdict = { kind: "known", ahead: true };
const STALE: HelloVerdict = { kind: "stale" };

/** Where one publisher stands under one topic, as far as its events and hellos have told. */
export class Track {
  /** The publisher's id. */
  readonly publisher: string;
  /** The topic that its numbers count under. */
  readonly topic: string;
  /** The numbers below the highest that have not come. */
  readonly missing: MissingRanges = new MissingRanges();
  /** Where to ask for its events, by its hellos; null when nobody answers, undefined before one. */
  replayAddress: string | null | undefined;
  /** When it was last heard of, by the caller's clock. */
  heardAt = 0;
  #epoch = 0;
  #next = 0;
  /** Begun by a hello, which may have overtaken events: those count as well. */
  #isProvisional = false;
  readonly #oldEpochs: number[] = [];

  constructor(publisher: string, topic: string) {
    this.publisher = publisher;
    this.topic = topic;
  }

  /** The epoch that numbers count from; 0 before anything was heard. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The number that is due; 0 when any is. */
  get next(): number {
    return this.#next;
  }

  /** Judges the number of an event. */
  event(epoch: number, seq: number): Verdict {
    if (epoch === this.#epoch && seq === this.#next) {
      this.#next++;
      this.#isProvisional = false;
      return NEXT;
    }
    return this.#judge(epoch, seq);
  }

  #judge(epoch: number, seq: number): Verdict {
    if (epoch !== this.#epoch && this.#epoch !== 0) return this.#otherEpoch(epoch, seq);
    if (this.#next === 0 || (this.#isProvisional && seq < this.#next)) {
      return this.#begin(epoch, seq);
    }
    if (seq > this.#next) return { kind: "gap", missing: this.#skipTo(seq) };
    return this.missing.take(seq) ? LATE : DUPLICATE;
  }

  #begin(epoch: number, seq: number): Verdict {
    const isFirst = this.#next === 0;
    this.#epoch = epoch;
    this.#next = seq + 1;
    this.#isProvisional = false;
    return isFirst ? FIRST : NEXT;
  }

  #otherEpoch(epoch: number, seq: number): Verdict {
    if (this.#oldEpochs.includes(epoch)) return DUPLICATE;
    const wasRebased = this.#next === 0;
    const abandoned = this.#restart(epoch);
    const missing = seq > 1 && !wasRebased ? this.#skipTo(seq) : undefined;
    this.#next = seq + 1;
    return { kind: "restart", abandoned, ...(missing === undefined ? {} : { missing }) };
  }

  /** Epochs are compared for sameness alone: a clock that was set back makes no difference. */
  #restart(epoch: number): Range[] {
    this.#oldEpochs.push(this.#epoch);
    if (this.#oldEpochs.length > OLD_EPOCHS) this.#oldEpochs.shift();
    this.#epoch = epoch;
    this.#next = 1;
    this.#isProvisional = false;
    return this.missing.takeAll();
  }

  /** Everything from the one that is due to before `seq` is missing; what follows `seq` is due. */
  #skipTo(seq: number): Range {
    const missing = { from: this.#next, to: seq - 1 };
    this.#isProvisional = false;
    this.missing.add(missing.from, missing.to);
    this.#next = seq + 1;
    return missing;
  }

  /** Judges a hello, by the number of the last event that its publisher had sent. */
  hello(epoch: number, seq: number): HelloVerdict {
    if (epoch === this.#epoch && this.#next > 0) return seq < this.#next ? KNOWN : AHEAD;
    if (this.#oldEpochs.includes(epoch)) return STALE;
    const isRebased = this.#next === 0;
    const isRestart = this.#epoch !== 0 && epoch !== this.#epoch;
    const abandoned = isRestart ? this.#restart(epoch) : [];
    this.#epoch = epoch;
    if (isRebased) this.#beginAfter(seq);
    return isRestart ? { kind: "restart", abandoned, ahead: seq >= this.#next } : FIRST_HELLO;
  }

  #beginAfter(seq: number): void {
    this.#next = seq + 1;
    this.#isProvisional = true;
  }

  /** Takes it as certain that everything up to `seq` was sent: what has not come is missing now. */
  confirm(epoch: number, seq: number): Range | undefined {
    if (epoch !== this.#epoch || this.#next === 0 || seq < this.#next) return undefined;
    const missing = this.#skipTo(seq + 1);
    this.#next = seq + 1;
    return missing;
  }

  /** Forgets where the publisher stood, not its epochs: the next number is taken as it comes. */
  rebase(): Range[] {
    this.#next = 0;
    this.#isProvisional = false;
    return this.missing.takeAll();
  }
}

import { Doubt } from "./doubt.ts";
import { GivenUp } from "./given_up.ts";
import { MissingRanges, type Range } from "./missing_ranges.ts";
import { type OldStart, OldStarts } from "./old_starts.ts";
import {
  AHEAD,
  type Contested,
  DROPPED,
  DROPPED_HELLO,
  DUPLICATE,
  FIRST,
  FIRST_HELLO,
  type HelloVerdict,
  KNOWN,
  LATE,
  NEXT,
  STALE,
  type Verdict,
} from "./verdicts.ts";

/**
 * For so long after a start was left, or numbers were passed over, what comes of them may have been
 * on its way. Whoever speaks of them later is alive.
 */
const ON_THE_WAY_MS = 3_000;
/**
 * An event so far below the one that is due was not overtaken by those above it. A hello need not
 * be: it says outright which number is the publisher's last.
 */
const FAR = 1_000;

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
  /** When it was last heard of: the caller's clock, set before an event or hello is judged. */
  heardAt = 0;
  #epoch = 0;
  #next = 0;
  /** Begun by a hello, which may have overtaken events: those count as well. */
  #isProvisional = false;
  #givenUp = new GivenUp();
  /** When numbers were last passed over. */
  #leaptAt = 0;
  readonly #doubt = new Doubt(ON_THE_WAY_MS);
  readonly #old = new OldStarts();

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
    if (this.missing.take(seq)) return LATE;
    if (!this.#givenUp.has(seq)) return DUPLICATE;
    const isAlive = this.#next - seq > FAR && this.#isAlive();
    return isAlive ? this.#fallBackTo(seq, seq - 1) : DROPPED;
  }

  /** Whether who contradicts what was passed over does so later than what was on its way could. */
  #isAlive(): boolean {
    const since = this.#doubt.note(this.heardAt);
    return this.#isOver(this.#leaptAt) || this.#isOver(since);
  }

  /** Whether nothing from before this moment can be on its way any more. */
  #isOver(moment: number): boolean {
    return this.heardAt - moment > ON_THE_WAY_MS;
  }

  #begin(epoch: number, seq: number): Verdict {
    const isFirst = this.#next === 0;
    this.#epoch = epoch;
    this.#beginAfter(seq, seq - 1);
    return isFirst ? FIRST : NEXT;
  }

  /** What follows `seq` is due, and what is up to `unseen` is no concern. */
  #beginAfter(seq: number, unseen: number): void {
    this.#next = seq + 1;
    this.#isProvisional = false;
    this.#leaptAt = this.heardAt;
    this.#givenUp = new GivenUp();
    this.#givenUp.add({ from: 1, to: unseen });
  }

  #otherEpoch(epoch: number, seq: number): Verdict {
    const old = this.#old.find(epoch);
    if (old !== undefined) return this.#ofOldStart(old, seq);
    const wasRebased = this.#next === 0;
    const abandoned = this.#restart(epoch);
    if (wasRebased) this.#beginAfter(seq, seq - 1);
    const missing = seq > this.#next ? this.#skipTo(seq) : undefined;
    this.#next = seq + 1;
    return { kind: "restart", abandoned, ...(missing === undefined ? {} : { missing }) };
  }

  #ofOldStart(old: OldStart, seq: number): Verdict {
    const isBeyond = seq >= old.next;
    if (!isBeyond && !old.givenUp.has(seq)) return DUPLICATE;
    const isAlive = (isBeyond || old.next - seq > FAR) && this.#isOver(old.leftAt);
    return isAlive ? this.#returnTo(old, seq, seq - 1) : DROPPED;
  }

  /** Epochs are compared for sameness alone: a clock that was set back makes no difference. */
  #restart(epoch: number): Range[] {
    const abandoned = this.#leave();
    this.#epoch = epoch;
    this.#givenUp = new GivenUp();
    this.#next = 1;
    return abandoned;
  }

  #leave(): Range[] {
    const abandoned = this.giveUp();
    const left = { epoch: this.#epoch, next: this.#next, givenUp: this.#givenUp };
    this.#old.add({ ...left, leftAt: this.heardAt });
    this.#leaptAt = this.heardAt;
    this.#isProvisional = false;
    this.replayAddress = undefined;
    return abandoned;
  }

  /** An old start is alive: whoever was heard since is another of the same id. */
  #returnTo(old: OldStart, seq: number, unseen: number): Contested {
    this.#old.remove(old);
    const abandoned = this.#leave();
    this.#epoch = old.epoch;
    this.#givenUp = old.givenUp;
    this.#countAfter(seq, unseen);
    if (old.next === 0 || unseen < old.next) return { kind: "contested", abandoned };
    const lost = { from: old.next, to: unseen };
    this.#givenUp.add(lost);
    return { kind: "contested", abandoned, lost };
  }

  /** The numbers above were not the publisher's. */
  #fallBackTo(seq: number, unseen: number): Contested {
    const abandoned = this.giveUp();
    this.#countAfter(seq, unseen);
    return { kind: "contested", abandoned };
  }

  #countAfter(seq: number, unseen: number): void {
    this.#next = seq + 1;
    this.#isProvisional = false;
    this.#leaptAt = this.heardAt;
    this.#doubt.end();
    this.#givenUp.cut(unseen + 1);
  }

  /** Everything from the one that is due to before `seq` is missing; what follows `seq` is due. */
  #skipTo(seq: number): Range {
    const missing = { from: this.#next, to: seq - 1 };
    this.#isProvisional = false;
    this.#leaptAt = this.heardAt;
    this.missing.add(missing.from, missing.to);
    this.#next = seq + 1;
    return missing;
  }

  /** Judges a hello, by the number of the last event that its publisher had sent. */
  hello(epoch: number, seq: number): HelloVerdict {
    if (epoch === this.#epoch && this.#next > 0) return this.#ofKnown(seq);
    const old = this.#old.find(epoch);
    if (old !== undefined) return this.#helloOfOldStart(old, seq);
    const isRebased = this.#next === 0;
    const isRestart = this.#epoch !== 0 && epoch !== this.#epoch;
    const abandoned = isRestart ? this.#restart(epoch) : [];
    this.#epoch = epoch;
    if (isRebased) this.#beginAfter(seq, seq);
    if (isRebased) this.#isProvisional = true;
    return isRestart ? { kind: "restart", abandoned, ahead: seq >= this.#next } : FIRST_HELLO;
  }

  /** A publisher that has not sent what was given up is not the one that was heard above it. */
  #ofKnown(seq: number): HelloVerdict {
    if (seq >= this.#next) return AHEAD;
    const isDenied = this.#givenUp.has(seq + 1) && this.#isAlive();
    return isDenied ? this.#fallBackTo(seq, seq) : KNOWN;
  }

  #helloOfOldStart(old: OldStart, seq: number): HelloVerdict {
    const isBeyond = seq >= old.next;
    if (!isBeyond && !old.givenUp.has(seq + 1)) return STALE;
    if (this.#isOver(old.leftAt)) return this.#returnTo(old, seq, seq);
    return isBeyond ? DROPPED_HELLO : STALE;
  }

  /** Takes it as certain that everything up to `seq` was sent: what has not come is missing now. */
  confirm(epoch: number, seq: number): Range | undefined {
    if (epoch !== this.#epoch || this.#next === 0 || seq < this.#next) return undefined;
    const missing = this.#skipTo(seq + 1);
    this.#next = seq + 1;
    return missing;
  }

  /** Nothing of what is missing is waited for any more. */
  giveUp(): Range[] {
    const ranges = this.missing.takeAll();
    for (const range of ranges) this.#givenUp.add(range);
    return ranges;
  }

  /** Nor the numbers of the lowest range up to `to`. */
  giveUpTo(to: number): Range | undefined {
    const range = this.missing.takeFirst(to);
    if (range !== undefined) this.#givenUp.add(range);
    return range;
  }

  /** Forgets where the publisher stood, not its epochs: the next number is taken as it comes. */
  rebase(): Range[] {
    this.#next = 0;
    this.#isProvisional = false;
    return this.giveUp();
  }
}

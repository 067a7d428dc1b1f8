import type { DbUpdate } from "../../event/db_update.ts";
import type { HoldBudget } from "./hold_budget.ts";
import type { Range } from "./missing_ranges.ts";
import type { GapNotice } from "../../protocol/notices.ts";
import type { Track } from "./track.ts";

interface Held {
  readonly update: DbUpdate;
  readonly octets: number;
}

/** A gap that was told of, from the first number whose fate was not. */
interface OpenGap {
  from: number;
  readonly to: number;
  replayed: number;
}

/** What is missing of one track, what is held back until it comes, and what was told of it. */
export class Healing {
  readonly track: Track;
  /** The epoch that the numbers are of. */
  readonly epoch: number;
  readonly #budget: HoldBudget;
  readonly #tell: (notice: GapNotice) => void;
  readonly #held = new Map<number, Held>();
  readonly #gaps: OpenGap[] = [];
  readonly #ended = new AbortController();
  #helloWait = new AbortController();

  constructor(track: Track, budget: HoldBudget, tell: (notice: GapNotice) => void) {
    this.track = track;
    this.epoch = track.epoch;
    this.#budget = budget;
    this.#tell = tell;
  }

  /** Aborted when nothing is missing any more, or nothing will come. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Aborted when a hello of the track came, or the end. */
  get heard(): AbortSignal {
    return this.#helloWait.signal;
  }

  /** A hello of the track came: it says where to ask. */
  onHello(): void {
    this.#helloWait.abort();
    if (!this.ended.aborted) this.#helloWait = new AbortController();
  }

  /** More is missing. */
  open({ from, to }: Range): void {
    this.#gaps.push({ from, to, replayed: 0 });
    this.#tell({ kind: "gap", ...this.#range(from, to) });
  }

  /** Keeps an event back. */
  hold(seq: number, update: DbUpdate, octets: number): void {
    this.#held.set(seq, { update, octets });
    this.#budget.take(octets);
  }

  /** An event that was missing was replayed. */
  holdReplayed(seq: number, update: DbUpdate, octets: number): void {
    const gap = this.#gaps.find(({ to }) => seq <= to);
    if (gap !== undefined) gap.replayed++;
    this.hold(seq, update, octets);
  }

  /** Tells that numbers will not come, the lowest of what was missing. */
  lose({ from, to }: Range): void {
    this.#closeBelow(from);
    const [gap] = this.#gaps;
    if (gap !== undefined && gap.from < from) this.#tellHealed(gap, from - 1);
    this.#tell({ kind: "lost", ...this.#range(from, to) });
    if (gap === undefined) return;
    gap.from = to + 1;
    gap.replayed = 0;
    if (gap.from > gap.to) this.#gaps.shift();
  }

  /** Tells of the gaps that are closed because everything below `number` is there. */
  #closeBelow(number: number): void {
    for (let [gap] = this.#gaps; gap !== undefined && gap.to < number; [gap] = this.#gaps) {
      this.#tellHealed(gap, gap.to);
      this.#gaps.shift();
    }
  }

  #tellHealed({ from, replayed }: OpenGap, to: number): void {
    this.#tell({ kind: "healed", ...this.#range(from, to), replayed });
  }

  #range(from: number, to: number) {
    const { topic, publisher } = this.track;
    return { topic, publisher, epoch: this.epoch, from, to };
  }

  /** What need not be held back any more, in order; ends it when that is everything. */
  release(): DbUpdate[] {
    const { first } = this.track.missing;
    if (first === undefined) return this.releaseAll();
    this.#closeBelow(first.from);
    return this.#heldBelow(first.from);
  }

  /** Everything that is held, in order. Ends it. */
  releaseAll(): DbUpdate[] {
    this.#closeBelow(Infinity);
    this.end();
    return this.#heldBelow(Infinity);
  }

  #heldBelow(end: number): DbUpdate[] {
    const seqs = [...this.#held.keys()].filter((seq) => seq < end).sort((a, b) => a - b);
    return seqs.flatMap((seq) => this.#takeHeld(seq));
  }

  #takeHeld(seq: number): DbUpdate[] {
    const held = this.#held.get(seq);
    if (held === undefined) return [];
    this.#held.delete(seq);
    this.#budget.giveBack(held.octets);
    return [held.update];
  }

  /** Ends what waits for it. */
  end(): void {
    this.#ended.abort();
    this.#helloWait.abort();
  }
}

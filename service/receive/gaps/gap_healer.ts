import { isNativeSync } from "../../event/codec/native_sync.ts";
import type { DbUpdate, EventOrigin } from "../../event/db_update.ts";
import type { Hello } from "../../protocol/hello.ts";
import type { Received, ReceivedUpdate } from "../subscriber.ts";
import { BackgroundTasks } from "../../base/background_tasks.ts";
import type { GapHealerOptions } from "./gap_healer_options.ts";
import { GapTally } from "./gap_tally.ts";
import { Healing } from "./healing.ts";
import { HelloGrace } from "./hello_grace.ts";
import { HoldBudget } from "./hold_budget.ts";
import { Losses } from "./losses.ts";
import type { Range } from "./missing_ranges.ts";
import type { GapCounters } from "../../protocol/notices.ts";
import type { Replay, ReplayedUpdate } from "./replayer.ts";
import type { Track } from "./track.ts";
import type { Contested, HelloVerdict, Verdict } from "./verdicts.ts";

/** More pieces than that are no reordering any more. */
const MAX_RANGES = 256;

/**
 * Hands on each publisher's events in the order of their numbers, each once.
 *
 * After a gap the newer events of that publisher and topic wait, within bounds, while the publisher
 * is asked for what is missing; nobody else's do. What does not come is told as lost.
 */
export class GapHealer {
  readonly #options: GapHealerOptions;
  readonly #budget: HoldBudget;
  readonly #tally = new GapTally();
  readonly #healings = new Map<Track, Healing>();
  readonly #tasks = new BackgroundTasks();
  readonly #grace: HelloGrace;
  readonly #losses: Losses;

  constructor(options: GapHealerOptions) {
    this.#options = options;
    this.#budget = new HoldBudget(options.holdEvents, options.holdOctets);
    this.#grace = new HelloGrace(options.clock, options.graceMs);
    this.#losses = new Losses(this.#tally, options);
  }

  /** Totals, read at any time. */
  get counters(): GapCounters {
    const { untracked } = this.#options.tracker;
    return { ...this.#tally.totals, held: this.#budget.events, untracked };
  }

  /** Takes what came, in the order it came, and returns what is ready. */
  take(received: readonly Received[]): DbUpdate[] {
    const ready: DbUpdate[] = [];
    const now = this.#options.clock.monotonic();
    for (const item of received) {
      if ("hello" in item) this.#takeHello(item.hello, item.address, now, ready);
      else if (item.update.origin === undefined) ready.push(item.update);
      else this.#takeEvent(item, item.update.origin, now, ready);
    }
    return ready;
  }

  #takeEvent(item: ReceivedUpdate, origin: EventOrigin, now: number, ready: DbUpdate[]): void {
    const track = this.#options.tracker.trackOf(origin, now);
    if (track === undefined) return void ready.push(item.update);
    const verdict = track.event(origin.epoch, origin.seq);
    if (verdict.kind === "next" && track.missing.isEmpty) return this.#handOn(item.update, ready);
    if (verdict.kind === "duplicate") return this.#tally.add("duplicates");
    if (verdict.kind === "dropped") return this.#losses.drop(track.topic);
    this.#note(verdict, track, item.address, ready);
    this.#holdOrHandOn(track, item, origin.seq, ready);
  }

  #note(verdict: Verdict, track: Track, address: string | undefined, ready: DbUpdate[]): void {
    const { kind } = verdict;
    if (kind === "late") return this.#tally.add("late");
    if (kind === "restart") this.#restarted(track, verdict.abandoned, ready);
    if (kind === "contested") this.#contested(track, verdict, ready);
    const isNew = kind === "restart" || kind === "contested" || kind === "first";
    if (isNew && address !== undefined) this.#options.onHeard(address, track.topic, false);
    if ("missing" in verdict) this.#missing(track, verdict.missing, ready);
  }

  #holdOrHandOn(track: Track, item: ReceivedUpdate, seq: number, ready: DbUpdate[]): void {
    const healing = this.#healings.get(track);
    if (healing === undefined) return this.#handOn(item.update, ready);
    healing.hold(seq, item.update, item.octets);
    const isTooMuch = this.#budget.isSpent || track.missing.count > MAX_RANGES;
    if (isTooMuch) this.#losses.giveUp(healing);
    const isDue = track.missing.isEmpty || seq < (track.missing.first?.from ?? 0);
    if (isDue) this.#release(healing, ready);
  }

  #handOn(update: DbUpdate, ready: DbUpdate[]): void {
    if (isNativeSync(update) && this.#options.helloMs > 0) this.#tally.add("nativeSyncs");
    else ready.push(update);
  }

  #takeHello(
    hello: Hello,
    address: string | undefined,
    now: number,
    ready: DbUpdate[],
  ): void {
    const track = this.#options.tracker.trackOf(hello, now);
    if (track === undefined) return;
    const verdict = track.hello(hello.epoch, hello.seq);
    if (verdict.kind === "stale") return;
    if (verdict.kind === "dropped") return this.#options.onLost(track.topic);
    if (verdict.kind === "restart") this.#restarted(track, verdict.abandoned, ready);
    if (verdict.kind === "contested") this.#contested(track, verdict, ready);
    track.replayAddress = hello.replay;
    this.#healings.get(track)?.onHello();
    if (address !== undefined) {
      this.#options.onHeard(address, track.topic, verdict.kind === "known");
    }
    if (!isAhead(verdict)) return;
    const onMissing = (range: Range) => this.#onMissing(track, range);
    this.#tasks.run(() => this.#grace.watch(track, hello, this.#tasks.signal, onMissing));
  }

  async #onMissing(track: Track, range: Range): Promise<void> {
    const ready: DbUpdate[] = [];
    this.#missing(track, range, ready);
    if (ready.length > 0) await this.#options.onReady(ready);
  }

  #restarted(track: Track, abandoned: readonly Range[], ready: DbUpdate[]): void {
    this.#abandon(track, abandoned, ready);
    this.#tally.add("restarts");
    this.#options.onNotice({ kind: "restart", ...placeOf(track) });
  }

  /** What was believed until now is over, and what was dropped meanwhile is to be read anew. */
  #contested(track: Track, { abandoned, lost }: Contested, ready: DbUpdate[]): void {
    this.#abandon(track, abandoned, ready);
    this.#tally.add("contested");
    this.#options.onNotice({ kind: "contested", ...placeOf(track) });
    if (lost !== undefined) this.#losses.tellOfGap(this.#newHealing(track), lost);
    this.#options.onLost(track.topic);
  }

  #abandon(track: Track, abandoned: readonly Range[], ready: DbUpdate[]): void {
    const before = this.#healings.get(track);
    for (const range of abandoned) this.#losses.tell(before, track.topic, range);
    if (before !== undefined) this.#finish(before, ready);
  }

  #missing(track: Track, range: Range, ready: DbUpdate[]): void {
    const known = this.#healings.get(track);
    const healing = known ?? this.#newHealing(track);
    this.#healings.set(track, healing);
    this.#losses.found(healing, range);
    if (this.#canAsk(track)) {
      if (known === undefined) this.#tasks.run(() => this.#heal(healing));
    } else {
      this.#losses.giveUp(healing);
      this.#release(healing, ready);
    }
  }

  #newHealing(track: Track): Healing {
    return new Healing(track, this.#budget, this.#options.onNotice);
  }

  #canAsk({ replayAddress }: Track): boolean {
    const { replayer, helloMs } = this.#options;
    return replayer !== undefined && replayAddress !== null &&
      (replayAddress !== undefined || helloMs > 0);
  }

  #release(healing: Healing, ready: DbUpdate[]): void {
    for (const update of healing.release()) this.#handOn(update, ready);
    if (healing.ended.aborted) this.#healings.delete(healing.track);
  }

  /** Hands on all that is held, whatever is missing. */
  #finish(healing: Healing, ready: DbUpdate[]): void {
    healing.end();
    for (const update of healing.releaseAll()) this.#handOn(update, ready);
    this.#healings.delete(healing.track);
  }

  async #heal(healing: Healing): Promise<void> {
    const { replayer } = this.#options;
    if (replayer === undefined) return;
    for await (const replay of replayer.replays(healing)) {
      // Events may have come since it was answered.
      if (healing.ended.aborted) return;
      this.#apply(healing, replay);
      await this.#releaseNow(healing);
    }
    if (healing.ended.aborted) return;
    this.#losses.giveUp(healing);
    await this.#releaseNow(healing);
  }

  async #releaseNow(healing: Healing): Promise<void> {
    const ready: DbUpdate[] = [];
    this.#release(healing, ready);
    if (ready.length > 0) await this.#options.onReady(ready);
  }

  #apply(healing: Healing, { first, to, updates, refused }: Replay): void {
    if (refused > 0) this.#tally.add("refused", refused);
    this.#losses.giveUpTo(healing, first - 1);
    for (const [index, replayed] of updates.entries()) {
      const seq = first + index;
      if (seq > to) return;
      if (replayed === undefined) this.#losses.giveUpTo(healing, seq);
      else if (healing.track.missing.take(seq)) this.#replayed(healing, seq, replayed);
    }
  }

  #replayed(healing: Healing, seq: number, { update, octets }: ReplayedUpdate): void {
    this.#tally.add("replayed");
    healing.holdReplayed(seq, update, octets);
  }

  /** Forgets where everyone stands: what happened meanwhile is unknown, and a `sync` follows. */
  rebase(): DbUpdate[] {
    return this.#rebase(this.#options.tracker.tracks());
  }

  /** A topic is heard no more. */
  forgetTopic(topic: string): DbUpdate[] {
    return this.#rebase(this.#options.tracker.forgetTopic(topic));
  }

  #rebase(tracks: Iterable<Track>): DbUpdate[] {
    const ready: DbUpdate[] = [];
    for (const track of tracks) this.#abandon(track, track.rebase(), ready);
    return ready;
  }

  /** Ends what waits; what is held is dropped. Disposing twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const healing of this.#healings.values()) healing.end();
    await this.#tasks[Symbol.asyncDispose]();
  }
}

function isAhead(verdict: HelloVerdict): boolean {
  return "ahead" in verdict && verdict.ahead;
}

function placeOf({ topic, publisher, epoch }: Track) {
  return { topic, publisher, epoch };
}

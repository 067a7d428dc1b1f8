import type { Frame, FrameSubscriber } from "../../drivers/contract/pubsub.ts";
import { SendGroup } from "../../drivers/contract/send_group.ts";
import { waitFor } from "../../drivers/contract/waiting.ts";
import { DriverError, messageOf } from "../../drivers/contract/errors.ts";
import { WireError } from "../event/codec/wire_error.ts";
import { BatchMeter } from "./observability/batch_meter.ts";
import { RelayEvent } from "./relay_event.ts";
import { RelayGroup } from "./relay_group.ts";
import type { RelayCounters, RelayOptions, RelaySink } from "./relay_options.ts";

/** Minimum time between two reports of a full sink, even if the send timeout is shorter. */
const MIN_STALL_MS = 1_000;

/**
 * Relays the events of local publishers to the network.
 *
 * This is the hot path of the service. It checks each event in place and forwards its bytes
 * unchanged. Only an event whose format is not the configured one is decoded and encoded again, so
 * that a bus carries one format. A payload that is not an event is counted, logged and refused.
 * While the sink is full, the relay waits and stops reading, so that publishers have to wait and
 * nothing is lost.
 *
 * When the relay asks for the next batch, it accepts the last one: the sink has taken each of its
 * events, or the relay has refused it. If the sink confirms events, a broker has answered for each.
 */
export class Relay {
  /** Counts and times the batches of local publishers. */
  readonly batches: BatchMeter;
  readonly #source: FrameSubscriber;
  readonly #sink: RelaySink;
  readonly #options: RelayOptions;
  readonly #event: RelayEvent;
  readonly #counters = { relayed: 0, converted: 0, refused: 0 };
  /** Whether the current batch contains a sign of activity. */
  #isActive = false;
  /** Payloads of the current batch with values that were missing; undefined until one is needed. */
  #filled: ReadonlyMap<Frame, Uint8Array> | undefined;

  constructor(source: FrameSubscriber, sink: RelaySink, options: RelayOptions) {
    this.#source = source;
    this.#sink = sink;
    this.#options = options;
    this.batches = new BatchMeter(options.clock);
    this.#event = new RelayEvent(options.sending);
  }

  get counters(): RelayCounters {
    return { ...this.#counters };
  }

  /**
   * Relays until the source ends. No event ends it; an abort ends it while the sink is full.
   * Returns false if that left events behind.
   */
  async run(signal: AbortSignal = new AbortController().signal): Promise<boolean> {
    for await (const batch of this.#source.batches()) {
      this.batches.begin(batch);
      const isThrough = await this.#relayBatch(batch, signal);
      if (this.#isActive) this.#options.onActivity();
      this.#isActive = false;
      this.batches.end();
      this.#filled = undefined;
      if (!isThrough) return false;
    }
    return true;
  }

  async #relayBatch(batch: readonly Frame[], signal: AbortSignal): Promise<boolean> {
    if (this.#options.confirms === true) return await this.#relayTogether(batch, signal);
    const unsent = this.#relayAll(batch, 0);
    return unsent === batch.length || await this.#relayWaiting(batch, unsent, signal);
  }

  /** Relays without waiting; returns the index of the first frame that must wait. */
  #relayAll(batch: readonly Frame[], from: number): number {
    let index = from;
    for (; index < batch.length; index++) {
      const frame = batch[index];
      if (frame === undefined || !this.#isEvent(frame)) continue;
      if (this.#wantsValues || !this.#trySend(frame)) break;
    }
    return index;
  }

  /** Relays the rest of a batch. Returns false if the signal aborted before the end. */
  async #relayWaiting(
    batch: readonly Frame[],
    from: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    for (let index = from; index < batch.length; index = this.#relayAll(batch, index + 1)) {
      const frame = batch[index];
      if (frame === undefined) continue;
      if (this.#wantsValues) await this.#readValues(batch, index);
      if (!(await this.#sendWaiting(frame, signal))) return false;
    }
    return true;
  }

  /** Sends a batch concurrently. Returns false if the signal aborted before all answers. */
  async #relayTogether(batch: readonly Frame[], signal: AbortSignal): Promise<boolean> {
    const group = new RelayGroup(this.#sink.openGroup?.() ?? new SendGroup());
    const sends: Promise<boolean>[] = [];
    for (const [index, frame] of batch.entries()) {
      if (!this.#isEvent(frame)) continue;
      if (this.#wantsValues) await this.#readValues(batch, index);
      if (this.#trySendIn(group, frame)) continue;
      // Without a signal: thousands of listeners on one signal are slow.
      sends.push(this.#send(frame, signal, (payload, stampOffset) => {
        return this.#sink.send(frame.topic, payload, { timeoutMs: Infinity, stampOffset });
      }));
    }
    const isThrough = await this.#untilAnswered([group.answers.settled(), ...sends], signal);
    group.count(this.#counters, (frame, error) => this.#refuse(frame, error));
    return isThrough;
  }

  /** Returns false if the signal aborted before or during a send. */
  async #untilAnswered(
    sends: readonly Promise<boolean | void>[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const { stalls, clock } = this.#options;
    const answers = Promise.all(sends);
    const timeoutMs = this.#stallMs;
    while (!signal.aborted) {
      const bounds = { timeoutMs, signal, clock };
      const areThrough = await waitFor(answers, bounds, () => undefined).catch(() => [false]);
      if (areThrough !== undefined) {
        stalls.success();
        return !areThrough.includes(false);
      }
      stalls.failure(new Error(`events are not confirmed: waited ${timeoutMs / 1000} s`));
    }
    return false;
  }

  async #readValues(batch: readonly Frame[], from: number): Promise<void> {
    this.#filled = await this.#options.values?.read(batch, from);
    this.#event.fill(batch[from] && this.#filled?.get(batch[from]));
  }

  /** Whether the current event lacks a value, and the values of the batch were not read yet. */
  get #wantsValues(): boolean {
    return this.#event.lacksValue && this.#filled === undefined &&
      this.#options.values !== undefined;
  }

  #isEvent(frame: Frame): boolean {
    try {
      this.#event.take(frame);
      if (this.#filled !== undefined) this.#event.fill(this.#filled.get(frame));
      if (this.#event.isActivity) this.#isActive = true;
      return true;
    } catch (error) {
      this.#refuse(frame, error);
      return false;
    }
  }

  /** Returns false if the sink is full. An event that can never be sent counts as handled. */
  #trySend(frame: Frame): boolean {
    try {
      const { stampOffset, isConverted } = this.#event;
      const payload = this.#event.payloadOf(frame);
      if (!this.#sink.trySend(frame.topic, payload, stampOffset)) return false;
      this.#countRelayed(isConverted);
    } catch (error) {
      this.#refuse(frame, error);
    }
    return true;
  }

  /** As {@linkcode #trySend}, but the broker's answer follows. */
  #trySendIn(group: RelayGroup, frame: Frame): boolean {
    try {
      const { stampOffset, isConverted } = this.#event;
      const payload = this.#event.payloadOf(frame);
      const { answers } = group;
      if (!this.#sink.trySendIn?.(answers, frame.topic, payload, stampOffset)) return false;
      group.add(frame, isConverted);
    } catch (error) {
      this.#refuse(frame, error);
    }
    return true;
  }

  /** Returns false if the signal aborted before there was room. */
  async #sendWaiting(frame: Frame, signal: AbortSignal): Promise<boolean> {
    const timeoutMs = this.#stallMs;
    const { stalls } = this.#options;
    return await this.#send(frame, signal, async (payload, stampOffset) => {
      for (;;) {
        try {
          await this.#sink.send(frame.topic, payload, { timeoutMs, signal, stampOffset });
          return stalls.success();
        } catch (error) {
          if (!(error instanceof DriverError && error.code === "SEND_TIMEOUT")) throw error;
          stalls.failure(error);
        }
      }
    });
  }

  /** Sends the current event. Returns false if the signal aborted before. */
  async #send(
    frame: Frame,
    signal: AbortSignal,
    send: (payload: Uint8Array, stampOffset: number) => Promise<void>,
  ): Promise<boolean> {
    try {
      const { stampOffset, isConverted } = this.#event;
      const payload = this.#event.payloadOf(frame);
      await send(payload, stampOffset);
      this.#countRelayed(isConverted);
    } catch (error) {
      if (signal.aborted) return false;
      this.#refuse(frame, error);
    }
    return true;
  }

  /** Time that a send waits before the full sink is logged. */
  get #stallMs(): number {
    return Math.max(this.#options.sending.sendTimeoutMs, MIN_STALL_MS);
  }

  #countRelayed(isConverted: boolean): void {
    this.#counters.relayed++;
    if (isConverted) this.#counters.converted++;
  }

  #refuse(frame: Frame, error: unknown): void {
    this.#counters.refused++;
    this.#source.refuse?.(frame);
    const needsSync = error instanceof DriverError &&
      (error.code === "REFUSED" || error.isUncertain);
    if (needsSync) this.#options.onRefused?.(frame.topic);
    const kind = error instanceof WireError ? error.code : "NOT_SENT";
    this.#options.refusals.note(kind, messageOf(error));
  }
}

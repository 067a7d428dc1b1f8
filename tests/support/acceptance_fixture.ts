import { Broadcast } from "../../drivers/contract/channel.ts";
import type { HealthEvent } from "../../drivers/contract/health.ts";
import type { CloseReport, FramePublisher } from "../../drivers/contract/pubsub.ts";
import type { RequestHandler, Responder } from "../../drivers/contract/requests.ts";
import { acceptanceHandler } from "../../service/acceptance/acceptance_responder.ts";
import { AcceptedCounts } from "../../service/acceptance/accepted_counts.ts";
import { LocalPublisher } from "../../service/acceptance/local_publisher.ts";
import { encodeUpdate } from "../../service/event/codec/encode.ts";
import { PUBLISHER_OCTETS, stampLayout } from "../../service/event/codec/stamp_layout.ts";
import { dbUpdate } from "../../service/event/db_update.ts";
import { FakeClock } from "./fake_clock.ts";
import { LocalRequests } from "./local_requests.ts";
import { RecordingLogger } from "./recording_logger.ts";

const LAYOUT = stampLayout("map");
const MAX_EVENT_BYTES = 4096;
/** How many publishers a service remembers. */
const WORKERS = 16;

/** A connection to a service: it takes every frame, and what becomes of them the test says. */
export class FakePipe implements FramePublisher {
  readonly address = "local:";
  readonly health = new Broadcast<HealthEvent>();
  /** What was sent and not yet dealt with. */
  readonly waiting: Uint8Array[] = [];
  isFull = false;
  /** Resolves when there is room for who waits. */
  room: Promise<void> = Promise.resolve();

  trySend(_topic: string, payload: Uint8Array): boolean {
    if (this.isFull) return false;
    this.waiting.push(payload.slice());
    return true;
  }

  trySendToAll(topic: string, payload: Uint8Array): boolean {
    return this.trySend(topic, payload);
  }

  async send(topic: string, payload: Uint8Array): Promise<void> {
    if (this.trySend(topic, payload)) return;
    const octets = payload.slice();
    await this.room;
    this.waiting.push(octets);
  }

  close(): Promise<CloseReport> {
    this.health.close();
    return Promise.resolve({ flushed: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** A local publisher, and the service it sends to as far as it needs one. */
export class AcceptanceFixture {
  readonly clock = new FakeClock();
  readonly log = new RecordingLogger();
  readonly requests: LocalRequests = new LocalRequests(this.clock);
  readonly pipe = new FakePipe();
  readonly publisher: LocalPublisher;
  /** Whether whoever is asked leaves it at that. */
  isSilent = false;
  #counts = new AcceptedCounts({ workers: WORKERS });
  #handler: RequestHandler = () => undefined;
  #responder: Responder | undefined;
  #services = 0;

  constructor(waitsForAcceptance: boolean) {
    this.publisher = new LocalPublisher(this.pipe, this.requests, {
      waitsForAcceptance,
      sendTimeoutMs: 5_000,
      maxEventBytes: MAX_EVENT_BYTES,
      clock: this.clock,
      log: this.log,
    });
  }

  /** A service comes that answers questions, or has nobody to ask, until {@linkcode answer}. */
  async serve({ answers = true } = {}): Promise<void> {
    const { clock } = this;
    this.#counts = new AcceptedCounts({ workers: WORKERS });
    const service = ++this.#services;
    const answering = acceptanceHandler({ counts: this.#counts, service, clock });
    this.#handler = (request) => this.isSilent ? undefined : answering(request);
    if (answers) await this.answer();
    this.pipe.health.publish({ kind: "connected", address: "local:" });
    await clock.settle();
  }

  /** From now on there is somebody to ask. */
  async answer(): Promise<void> {
    this.#responder = await this.requests.openResponder(this.#handler);
  }

  /** The service dies; what was in its pipe goes with it, unless it is for the next one. */
  async kill({ keepsPipe = false } = {}): Promise<void> {
    await this.#responder?.[Symbol.asyncDispose]();
    if (!keepsPipe) this.pipe.waiting.length = 0;
    this.pipe.health.publish({ kind: "disconnected", address: "local:", reason: "killed" });
    await this.clock.settle();
  }

  /** The service deals with so many events, the oldest first. */
  async handle(count: number, isRelayed = true): Promise<void> {
    for (const payload of this.pipe.waiting.splice(0, count)) {
      const start = payload.length - LAYOUT.octets.length + LAYOUT.publisher;
      this.#counts.note(payload, start, PUBLISHER_OCTETS, isRelayed);
    }
    await this.clock.settle();
  }

  /** So many others publish an event each that the service forgets who did not do so meanwhile. */
  beForgotten(): void {
    for (let other = 0; other < 2 * WORKERS; other++) {
      const id = new TextEncoder().encode(crypto.randomUUID());
      this.#counts.note(id, 0, id.length, true);
    }
  }

  /** Sends events; what becomes of each call, in their order, as far as it is known. */
  send(count: number): Sent {
    const sent = new Sent();
    for (let index = 0; index < count; index++) sent.add(this.#sendOne());
    return sent;
  }

  #sendOne(value = "v"): Promise<void> {
    const update = dbUpdate({ table: "t", key: "k", action: "set", value });
    return this.publisher.send("D", encodeUpdate(update, "map", { maxBytes: MAX_EVENT_BYTES }));
  }

  /** Sends an event that has no room for a stamp. */
  sendLargest(): Promise<void> {
    return this.#sendOne("x".repeat(MAX_EVENT_BYTES - 60));
  }
}

/** Calls under way. */
export class Sent {
  /** Per call: `…` while it waits, `ok`, or the code of the error. */
  readonly states: string[] = [];

  add(call: Promise<void>): void {
    const index = this.states.push("…") - 1;
    call.then(
      () => this.states[index] = "ok",
      (error) => this.states[index] = error.code ?? String(error),
    );
  }
}

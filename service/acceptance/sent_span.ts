import type { AcceptanceAnswer } from "../protocol/acceptance_protocol.ts";
import { AcceptanceWaiters } from "./acceptance_waiters.ts";

/**
 * What is known of the service that a span's events go to: whether it answers. `silent` is one that
 * could and has not yet; `no` one with nobody to ask, as the original's.
 */
export type Answering = "unknown" | "yes" | "silent" | "no";

/** How much of a span was spoken for. */
export interface SpokenFor {
  readonly handled: number;
  readonly refused: number;
}

/**
 * The events sent under one id, without a known break in the connection to the service.
 *
 * They reach the service in their order, so that its count tells which of them it has handled: as long
 * as one and the same service answers, event `n` is among the first `n` it has counted.
 */
export class SentSpan {
  /** The id that the events carry. */
  readonly publisher: string;
  /** Calls that wait for events of it. */
  readonly waiters: AcceptanceWaiters = new AcceptanceWaiters();
  /** Whether a service answers questions about it. */
  answering: Answering = "unknown";
  /**
   * Whether its connection is lost: what is found out then says nothing of what comes after it. One
   * that another has replaced meanwhile need not be: what waited for room is sent under its id.
   */
  isOver = false;
  /**
   * Whether some of it was sent while there was nobody to ask: the count may never come to it, so
   * nobody waits, and only the account at the end asks for it.
   */
  isUnproven = false;
  /** What those who wait, or waited, were told of. */
  told: SpokenFor = { handled: 0, refused: 0 };
  #sent = 0;
  #service: number | undefined;
  /** Which of that service's counts is meant, once there is one. */
  #count = 0;
  #accepted = 0;
  #refused = 0;
  /** By counts before the present one: of services that were before it, or of itself. */
  #acceptedBefore = 0;
  #refusedBefore = 0;
  #isBroken = false;

  /** `publisher` is a fresh UUID. */
  constructor(publisher: string) {
    this.publisher = publisher;
  }

  /** Events that the transport has taken. */
  get sent(): number {
    return this.#sent;
  }

  /** Events that services have accepted. */
  get accepted(): number {
    return Math.min(this.#sent, this.#acceptedBefore + this.#accepted);
  }

  /** Events that services have refused. */
  get refused(): number {
    return Math.min(this.#sent - this.accepted, this.#refusedBefore + this.#refused);
  }

  /** Events that are spoken for. */
  get handled(): number {
    return this.accepted + this.refused;
  }

  /** What the present count has to come to, for every event to be spoken for. */
  get wanted(): number {
    return this.#sent - this.#acceptedBefore - this.#refusedBefore;
  }

  /** Whether all is known that there is to be known. */
  get isSettled(): boolean {
    return this.handled >= this.#sent;
  }

  /** Whether its events were counted by several: counts add up, but only all of them say which. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Counts an event that the transport has taken; its number in the span. */
  noteSent(): number {
    return ++this.#sent;
  }

  /** Takes in what a service says. */
  note({ service, count, accepted, refused }: AcceptanceAnswer): void {
    const isOther = this.#service !== undefined && this.#service !== service;
    // A service that had to forget the worker begins at zero again, as another one would.
    const isForgotten = this.#count !== 0 && this.#count !== count;
    if (isOther || isForgotten) this.#addUp();
    this.#service = service;
    this.#count = count;
    this.#accepted = accepted;
    this.#refused = refused;
  }

  #addUp(): void {
    this.#isBroken = true;
    this.#acceptedBefore += this.#accepted;
    this.#refusedBefore += this.#refused;
  }
}

import { Buffer } from "node:buffer";
import type { DriverError } from "../../../contract/errors.ts";
import type { DriverContext } from "../../../contract/pubsub.ts";
import { waitFor, type WaitOptions } from "../../../contract/waiting.ts";
import { isReply, wantsNewSession } from "../errors.ts";
import type { RedisNode } from "../node.ts";
import type { ReadingSession } from "./reading_end.ts";
import { RedisRoutes } from "./routes.ts";
import { keySlot } from "./slots.ts";

/** In the place of a topic: every topic. Only without sharded channels, which have no patterns. */
export const ALL_TOPICS = "";

const CATCH_UP_TIMEOUT_MS = 5_000;

/** The state of one topic's subscription. */
interface Subscription {
  /** `unanswered`: requested without a reply so far; it is requested again. */
  state: "asked" | "unanswered" | "confirmed" | "refused";
  refusal?: DriverError;
}

/** The subscriptions of one subscriber for the lifetime of its connection. */
export class ChannelSession implements ReadingSession {
  onMessage: (channel: Buffer, payload: Buffer) => void = () => {};
  /** Called when a subscription was confirmed or refused. */
  onChange: () => void = () => {};
  readonly #log: DriverContext["log"];
  readonly #routes: RedisRoutes;
  readonly #isSharded: boolean;
  readonly #topics = new Map<string, Subscription>();

  /** @throws {DriverError} `TRANSPORT_FAILED` */
  static async open(
    context: DriverContext,
    { isSharded }: { readonly isSharded: boolean },
  ): Promise<ChannelSession> {
    const purpose = { name: "subscriber", isSpread: isSharded, subscribes: true };
    return new ChannelSession(context, await RedisRoutes.open(context, purpose), isSharded);
  }

  private constructor(context: DriverContext, routes: RedisRoutes, isSharded: boolean) {
    this.#log = context.log;
    this.#routes = routes;
    this.#isSharded = isSharded;
    for (const node of routes.nodes) this.#listen(node);
  }

  #listen(node: RedisNode): void {
    const event = this.#isSharded ? "smessageBuffer" : "messageBuffer";
    node.redis.on(event, (channel: Buffer, payload: Buffer) => this.onMessage(channel, payload));
    node.redis.on("pmessageBuffer", (_: string, channel: Buffer, payload: Buffer) => {
      this.onMessage(channel, payload);
    });
    node.redis.on("moved", () => node.fail("topics have moved to another server of the cluster"));
    node.onPong = () => this.#askAgain();
  }

  get address(): string {
    return this.#routes.connection.label;
  }

  get lost(): Promise<string> {
    return this.#routes.lost;
  }

  /** Whether the server has confirmed every topic. */
  get isConfirmed(): boolean {
    return [...this.#topics.values()].every(({ state }) => state === "confirmed");
  }

  /** Whether the server has replied for every topic, and has not refused all of them. */
  get isSettled(): boolean {
    const states = [...this.#topics.values()].map(({ state }) => state);
    return states.every((state) => state === "confirmed" || state === "refused") &&
      (states.length === 0 || states.includes("confirmed"));
  }

  /** Why a topic was refused, if so. */
  get refusal(): DriverError | undefined {
    return [...this.#topics.values()].find(({ state }) => state === "refused")?.refusal;
  }

  /**
   * Subscribes to a topic; {@linkcode ChannelSession.onChange} is called after the server's reply.
   */
  subscribe(topic: string): void {
    const subscription: Subscription = { state: "asked" };
    this.#topics.set(topic, subscription);
    void this.#ask(topic, subscription);
  }

  async #ask(topic: string, subscription: Subscription): Promise<void> {
    const { redis } = this.#node(topic);
    try {
      if (topic === ALL_TOPICS) await redis.psubscribe("*");
      else await (this.#isSharded ? redis.ssubscribe(topic) : redis.subscribe(topic));
      subscription.state = "confirmed";
    } catch (error) {
      // Any other failure belongs to the connection: it ends the session, or is over soon.
      if (!isReply(error) || wantsNewSession(error)) {
        return void (subscription.state = "unanswered");
      }
      this.#refuse(topic, subscription, error);
    }
    this.onChange();
  }

  #refuse(topic: string, subscription: Subscription, error: Error): void {
    const what = topic === ALL_TOPICS ? "all topics" : `topic "${topic}"`;
    const refusal = this.#routes.connection.failure(`subscribe to ${what}`, error);
    if (subscription.refusal === undefined) this.#log.error(refusal.message);
    subscription.state = "refused";
    subscription.refusal = refusal;
  }

  /** Stops reading, until {@linkcode ChannelSession.resume}. */
  pause(): void {
    for (const node of this.#routes.nodes) node.pause();
  }

  /** Resumes reading. */
  resume(): void {
    for (const node of this.#routes.nodes) node.resume();
  }

  /** Subscribes again, since a permission may have been granted in the meantime. */
  #askAgain(): void {
    for (const [topic, subscription] of this.#topics) {
      const { state } = subscription;
      if (state === "refused" || state === "unanswered") void this.#ask(topic, subscription);
    }
  }

  unsubscribe(topic: string): void {
    if (!this.#topics.delete(topic)) return;
    const { redis } = this.#node(topic);
    const done = this.#isSharded ? redis.sunsubscribe(topic) : redis.unsubscribe(topic);
    done.catch(() => {});
  }

  #node(topic: string): RedisNode {
    return this.#routes.node(this.#isSharded ? keySlot(Buffer.from(topic)) : 0);
  }

  async catchUp(options: WaitOptions): Promise<void> {
    const pongs = this.#routes.nodes.map(({ redis }) => redis.ping());
    const bounds = { timeoutMs: CATCH_UP_TIMEOUT_MS, ...options };
    await waitFor(Promise.all(pongs), bounds).catch(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#routes[Symbol.asyncDispose]();
  }
}

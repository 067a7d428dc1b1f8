import assert from "node:assert/strict";
import { TopicCache } from "../../../drivers/_internal/topic_cache.ts";
import { commandNumber, commandText } from "../../../drivers/_internal/zmtp/session.ts";
import {
  MessageScanner,
  type MessageSink,
} from "../../../drivers/_internal/zmtp/message_scanner.ts";
import { joined } from "../../../drivers/contract/joined.ts";

/**
 * The far end of a subscriber's connection. It counts events as the protocol requires, and fails
 * when the peer violates the protocol.
 */
export class PeerReader implements MessageSink {
  readonly isClosed = false;
  /** `topic|seq` of each event. */
  readonly frames: string[] = [];
  /** `topic count` of each range that the peer announced as lost. */
  readonly gaps: string[] = [];
  readonly #next = new Map<string, number | undefined>();
  readonly #isLive = new Set<string>();
  readonly #scanner = new MessageScanner(this, {
    maxFrameBytes: 2 ** 30,
    topics: new TopicCache(),
  });
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array();
  /** Where the last message ended in what was scanned, and whether that was the end. */
  #wholeTo = 0;
  #isWhole = true;
  #commands: Uint8Array[] = [];

  get events(): number {
    return this.frames.length;
  }

  /** The seq of the next event of a topic, or undefined when it is unknown. */
  nextOf(topic: string): number | undefined {
    return this.#next.get(topic);
  }

  /**
   * Subscribes to a topic, from the event with this seq on. 0 requests only events sent from now
   * on.
   */
  want(topic: string, wanted: number): void {
    this.#isLive.delete(topic);
    this.#next.set(topic, wanted === 0 ? undefined : wanted);
  }

  /**
   * Unsubscribes from a topic. Replies about this topic that are still in flight no longer count.
   */
  drop(topic: string): void {
    this.#commands = this.#commands.filter((data) => topicOf(data) !== topic);
    this.#isLive.delete(topic);
    this.#next.delete(topic);
  }

  /** A command was queued. It is sent at the next boundary between two messages. */
  command(data: Uint8Array): void {
    this.#commands.push(data);
  }

  betweenMessages(isBetween: boolean): void {
    if (!isBetween) return;
    assert(this.#isWhole, "a message is not whole");
    for (const data of this.#commands.splice(0)) {
      const topic = topicOf(data);
      const next = commandNumber(data, 0) ?? 0;
      const before = this.#next.get(topic);
      if (before !== undefined && before !== next) this.gaps.push(`${topic} ${next - before}`);
      this.#next.set(topic, next);
      this.#isLive.add(topic);
    }
  }

  take(bytes: Uint8Array): void {
    const all = joined([this.#rest, bytes]);
    const at = this.#scanner.scan(all, 0, all.length);
    this.#rest = all.slice(at);
    this.#isWhole = this.#wholeTo === all.length;
  }

  onPair(topic: string, payload: Uint8Array): void {
    const seq = new DataView(payload.buffer, payload.byteOffset).getFloat64(0);
    this.#wholeTo = payload.byteOffset + payload.length;
    this.frames.push(`${topic}|${seq}`);
    if (!this.#isLive.has(topic)) return;
    assert.equal(seq, this.#next.get(topic), `the next event of ${topic}`);
    this.#next.set(topic, seq + 1);
  }

  onSingle(): void {
    assert.fail("a message of one frame");
  }

  onCommand(): void {
    assert.fail("a command among the events");
  }

  onDrop(reason: string): void {
    assert.fail(reason);
  }

  refuse(what: string): void {
    assert.fail(what);
  }
}

function topicOf(data: Uint8Array): string {
  return new TextDecoder().decode(commandText(data, 1));
}

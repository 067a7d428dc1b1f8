import assert from "node:assert/strict";
import { commandNumber, commandText } from "../../drivers/_internal/zmtp/session.ts";
import { MessageScanner, type MessageSink } from "../../drivers/_internal/zmtp/message_scanner.ts";

/** The far end of a subscriber's connection: counts as the protocol has it, and fails when it is broken. */
export class PeerReader implements MessageSink {
  readonly isClosed = false;
  /** `topic|number` of each event. */
  readonly frames: string[] = [];
  /** `topic count` of what was announced as lost. */
  readonly gaps: string[] = [];
  readonly #next = new Map<string, number | undefined>();
  readonly #isLive = new Set<string>();
  readonly #scanner = new MessageScanner(this, 2 ** 30);
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array();
  /** Where the last message ended in what was scanned, and whether that was the end. */
  #wholeTo = 0;
  #isWhole = true;
  #commands: Uint8Array[] = [];

  get events(): number {
    return this.frames.length;
  }

  /** The number that the next event of a topic must have; undefined when none is known. */
  nextOf(topic: string): number | undefined {
    return this.#next.get(topic);
  }

  /** It asks for a topic, from the event with this number on; 0 for those sent from now on. */
  want(topic: string, wanted: number): void {
    this.#isLive.delete(topic);
    this.#next.set(topic, wanted === 0 ? undefined : wanted);
  }

  /** It drops a topic; answers about it that are on their way mean nothing any more. */
  drop(topic: string): void {
    this.#commands = this.#commands.filter((data) => topicOf(data) !== topic);
    this.#isLive.delete(topic);
    this.#next.delete(topic);
  }

  /** A command was queued: it goes out at the next place between two messages. */
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
    const all = new Uint8Array(this.#rest.length + bytes.length);
    all.set(this.#rest);
    all.set(bytes, this.#rest.length);
    const at = this.#scanner.scan(all, 0, all.length);
    this.#rest = all.slice(at);
    this.#isWhole = this.#wholeTo === all.length;
  }

  onPair(bytes: Uint8Array, payload: Uint8Array): void {
    const topic = new TextDecoder().decode(bytes);
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

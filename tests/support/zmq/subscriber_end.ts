import { PeerCounter } from "../../../drivers/_internal/peer_counter.ts";
import assert from "node:assert/strict";
import { TopicCache } from "../../../drivers/_internal/topic_cache.ts";
import {
  COMMAND,
  commandData,
  commandNumber,
  commandTopic,
  sessionProperties,
} from "../../../drivers/_internal/zmtp/session.ts";
import { MessageScanner } from "../../../drivers/_internal/zmtp/message_scanner.ts";
import { SubscriberPeers } from "../../../drivers/_internal/zmtp/publish/subscriber_peers.ts";
import * as wire from "../../../drivers/_internal/zmtp/wire.ts";
import { joined } from "../../../drivers/contract/joined.ts";
import type { PublisherOpenOptions } from "../../../drivers/contract/pubsub.ts";
import { bytesOf, payloadOf } from "../frame_reader.ts";
import { FakeStream } from "../fakes/fake_stream.ts";
import { RecordingLogger } from "../fakes/recording_logger.ts";
import { type Overrides, testSettings } from "../test_settings.ts";

/**
 * Each reading of the time happens in a new turn. A busy machine must not use up the read time in
 * one turn.
 */
const LOOP = {
  turns: 0,
  get turn() {
    return this.turns++;
  },
};

interface PublisherWithoutSockets {
  readonly peers: SubscriberPeers;
  readonly publish: (topic: string, text: string) => void;
  readonly applied: SubscriberPeers["applied"];
  readonly log: RecordingLogger;
}

/** A publisher without sockets. Its output is sent at the end of a turn. */
export function publisherWithoutSockets(
  overrides: Overrides = {},
  open: PublisherOpenOptions = {},
): PublisherWithoutSockets {
  const log = new RecordingLogger();
  const peers = new SubscriberPeers({
    ...{ settings: testSettings(overrides), log },
    loop: LOOP,
    open,
    connected: new PeerCounter(() => {}),
    onClosed: () => {},
  });
  const publish = (topic: string, text: string) =>
    peers.publish(topic, bytesOf(topic), ...payloadOf(bytesOf(text)));
  return { peers, publish, applied: peers.applied, log };
}

/** A subscriber with our session, at its end of the connection. */
export class SubscriberEnd {
  readonly stream = new FakeStream();

  constructor(peers: SubscriberPeers, hasSession = true, isSecured = false) {
    if (isSecured) this.stream.delayedMs = 0;
    const session = sessionProperties({ node: "n", processId: 1, version: "1" });
    peers.add(this.stream);
    this.stream.arrive(wire.greeting(), wire.ready("SUB", hasSession ? session : new Map()));
  }

  want(topic: string, from = 0): void {
    this.stream.arrive(wire.command(COMMAND.want, commandData([from], topic)));
  }

  /** Wants the last events of a topic. */
  back(topic: string, last: number): void {
    this.stream.arrive(wire.command(COMMAND.back, commandData([last, 0], topic)));
  }

  drop(topic: string): void {
    this.stream.arrive(wire.command(COMMAND.drop, bytesOf(topic)));
  }

  reportApplied(topic: string, seq: number): void {
    this.stream.arrive(wire.command(COMMAND.applied, commandData([seq], topic)));
  }

  /** What it has been sent since the last look, as `D live 1`, `D report 1`, `D|payload` or the ERROR. */
  async takeItems(): Promise<string[]> {
    // The turn ends.
    await Promise.resolve();
    const items: string[] = [];
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const scanner = new MessageScanner({
      isClosed: false,
      onPair: (topic, payload) => items.push(`${topic}|${text(payload)}`),
      onSingle: () => assert.fail("a message of one frame"),
      onDrop: () => assert.fail("a message was dropped"),
      onCommand: (body) => {
        const { name, data } = wire.parseCommand(body) ?? assert.fail("a command");
        if (name === COMMAND.live) {
          items.push(`${commandTopic(data, 1)} live ${commandNumber(data, 0)}`);
        }
        if (name === COMMAND.past) {
          const [end, frames] = [commandNumber(data, 0), commandNumber(data, 1)];
          items.push(`${commandTopic(data, 3)} past ${end} ${frames}`);
        }
        if (name === COMMAND.report) {
          items.push(`${commandTopic(data, 1)} report ${commandNumber(data, 0)}`);
        }
        if (name === "ERROR") items.push(wire.parseError(data));
      },
      refuse: (reason) => assert.fail(reason),
    }, { maxFrameBytes: 1_000_000, topics: new TopicCache() });
    const bytes = joined(this.stream.sent.splice(0));
    const from = bytes[0] === 0xff ? wire.GREETING_BYTES : 0;
    assert.equal(scanner.scan(bytes, from, bytes.length), bytes.length);
    return items;
  }
}

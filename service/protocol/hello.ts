import { checkTopic, isPrivateTopic, PRIVATE_PREFIX } from "../event/codec/topic.ts";
import { readWholeDocument, writeDocument } from "./wire_document.ts";

const VERSION = 1;

/**
 * What a publisher says about a topic now and then: where it stands, so that a subscriber knows of a
 * loss that no later event would show.
 */
export interface Hello {
  /** The publisher's id, a UUID. */
  readonly publisher: string;
  /** The start of that publisher that positions count from. */
  readonly epoch: number;
  /** The topic it is about: that of events, not the one it is sent under. */
  readonly topic: string;
  /** The position of the last event published under the topic; 0 when there was none. */
  readonly seq: number;
  /** When it was sent, in microseconds since 1970. */
  readonly sentAt: number;
  /** The next one follows in so many milliseconds. */
  readonly intervalMs: number;
  /** Where missed events can be asked for; null when the publisher keeps none. */
  readonly replay: string | null;
}

/**
 * The topic that a topic's hello goes out under: U+0001 before it. One more octet than events' topics
 * have, which the drivers' contract allows.
 *
 * @throws {WireError} `TOPIC_INVALID` for what is no topic of events
 */
export function helloTopic(topic: string): string {
  checkTopic(topic);
  return PRIVATE_PREFIX + topic;
}

/** The topic that a private topic's hello is about; undefined for a topic of events. */
export function topicOfHello(topic: string): string | undefined {
  return isPrivateTopic(topic) && topic.length > 1 ? topic.slice(1) : undefined;
}

/**
 * A hello as a payload, octets of the caller's own: a MessagePack map of `hello` (the version, 1),
 * `publisher`, `epoch`, `topic`, `seq`, `sent`, `interval` and `replay`.
 *
 * @throws {WireError} for a text that UTF-8 cannot carry
 */
export function encodeHello(hello: Hello): Uint8Array {
  return writeDocument({
    hello: VERSION,
    publisher: hello.publisher,
    epoch: hello.epoch,
    topic: hello.topic,
    seq: hello.seq,
    sent: hello.sentAt,
    interval: hello.intervalMs,
    replay: hello.replay,
  });
}

/**
 * The hello that a payload holds; names beside those above are passed over.
 *
 * @throws {WireError} for anything else, or a version that is not known
 */
export function decodeHello(payload: Uint8Array): Hello {
  const fields = readWholeDocument(payload, "Hello");
  fields.version("hello", VERSION);
  return {
    publisher: fields.publisher("publisher"),
    epoch: fields.count("epoch", 1),
    topic: fields.topic("topic"),
    seq: fields.count("seq", 0),
    sentAt: fields.count("sent", 0),
    intervalMs: fields.count("interval", 0),
    replay: fields.textOrNull("replay"),
  };
}

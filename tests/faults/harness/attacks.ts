import { COMMAND, commandData } from "../../../drivers/_internal/zmtp/session.ts";
import * as wire from "../../../drivers/_internal/zmtp/wire.ts";
import { joined } from "../../../drivers/contract/joined.ts";
import { type Attack, plainHello, sessionHello } from "./attack.ts";
import { HEALTHY_TOPIC, HEAVY_TOPIC } from "./attack_protocol.ts";

const MB = 1024 * 1024;
const encode = (text: string) => new TextEncoder().encode(text);
const ping = wire.ping(0);

/** Repeats a piece until it has the size of an efficient write. */
function many(make: (index: number) => Uint8Array, count = 2_000): Uint8Array<ArrayBuffer> {
  return joined(Array.from({ length: count }, (_, index) => make(index)));
}

const subscribe = (topic: string, minor = 0) =>
  wire.subscription("subscribe", encode(topic), minor);
const cancel = (topic: string, minor = 0) => wire.subscription("cancel", encode(topic), minor);
const want = (topic: string, have: number) =>
  wire.command(COMMAND.want, commandData([have], topic));
const drop = (topic: string) => wire.command(COMMAND.drop, encode(topic));
const wantRaw = (numberBytes: readonly number[]) =>
  wire.command(COMMAND.want, joined([Uint8Array.from(numberBytes), encode(HEALTHY_TOPIC)]));

let counter = 0;

/** Topics that no earlier round used: a template that holds the round's number in each topic. */
function different(make: (topic: string) => Uint8Array, count?: number) {
  const digits = 6;
  const topic = (index: number) => `${"#".repeat(digits)}-${String(index).padStart(digits, "0")}`;
  const template = many((index) => make(topic(index)), count);
  const size = make(topic(0)).length;
  const at = make(topic(0)).indexOf("#".charCodeAt(0));
  return () => {
    const bytes = template.slice();
    const round = encode(String(counter++).padStart(digits, "0"));
    for (let start = at; start < bytes.length; start += size) bytes.set(round, start);
    return bytes;
  };
}

/** Many rounds of a random choice that is the same in every run. */
function noise(size: number): Uint8Array<ArrayBuffer> {
  let state = ++counter;
  return Uint8Array.from({ length: size }, () => {
    state = Math.imul(state, 1_103_515_245) + 12_345 & 0x7fffffff;
    return state >>> 16;
  });
}

async function holdOpen(attack: Attack, count: number, hello: Uint8Array<ArrayBuffer>) {
  const held: (Deno.TcpConn | undefined)[] = [];
  while (!attack.isOver) {
    if (held.length < count) held.push(await attack.connect());
    else await attack.rest(100);
    if (hello.length > 0) void held.at(-1)?.write(hello).catch(() => {});
  }
}

async function subscribeToMany(attack: Attack): Promise<void> {
  const topics = Array.from({ length: 10_000 }, (_, index) => subscribe(`topic-${index}`));
  const all = joined(topics);
  const next = (round: number) => round === 0 ? all : undefined;
  await attack.flood({ next });
}

/** Every attack by one process, as a peer without our session and as a peer with it. */
export const attacks: Readonly<Record<string, (attack: Attack) => Promise<void>>> = {
  "a subscription of 4 MB": (attack) => {
    const body = new Uint8Array(4 * MB).fill(120);
    body[0] = 1;
    const large = wire.frame(0, body);
    return attack.flood({ next: () => large });
  },
  "subscriptions, one connection": (attack) => attack.flood({ next: different(subscribe) }),
  "subscriptions, 200 connections": (attack) =>
    attack.flood({ next: different(subscribe), connections: 200 }),
  "long subscriptions, 200 connections": (attack) =>
    attack.flood({
      next: different((topic) => subscribe(topic.padEnd(1_000, "x")), 100),
      connections: 200,
    }),
  "wanted topics, 200 connections": (attack) =>
    attack.flood({
      hello: sessionHello,
      next: different((topic) => want(topic, 0)),
      connections: 200,
    }),
  "messages that are not subscriptions": (attack) => {
    const events = many(() => joined([wire.frame(1, encode("x")), wire.frame(0, encode("y"))]));
    const singles = many(() => wire.frame(0, encode("nothing")));
    return attack.flood({
      next: (round) => round % 2 === 0 ? singles : events,
      connections: 20,
    });
  },
  "subscribe and cancel": (attack) => {
    const both = many(() => joined([subscribe("h"), cancel("h")]));
    return attack.flood({ next: () => both, connections: 20 });
  },
  "PING": (attack) => {
    const pings = many(() => ping);
    return attack.flood({ next: () => pings, connections: 20 });
  },
  "silent connections": (attack) => holdOpen(attack, 19_000, new Uint8Array()),
  "silent subscribers": (attack) => holdOpen(attack, 19_000, plainHello),
  "one byte per second": (attack) => {
    const next = async (round: number) => {
      await attack.rest(1_000);
      return plainHello.slice(round, round + 1);
    };
    return attack.flood({ hello: plainHello.slice(0, 1), next, connections: 1_000 });
  },
  "no reading, one PING per second": (attack) => {
    const hello = joined([plainHello, subscribe(HEAVY_TOPIC)]);
    const next = async () => {
      await attack.rest(1_000);
      return ping;
    };
    return attack.flood({ hello, next, reads: false, connections: 50 });
  },
  "PING without reading": (attack) => {
    const pings = many(() => ping);
    return attack.flood({ next: () => pings, reads: false, connections: 200 });
  },
  "10,000 subscriptions, then disconnect": subscribeToMany,
  "WANT and DROP": (attack) => {
    const both = many(() => joined([want("w", 0), drop("w")]));
    return attack.flood({ hello: sessionHello, next: () => both, connections: 20 });
  },
  "WANT with invalid numbers": (attack) => {
    const all = many((index) =>
      [
        wantRaw([255, 255, 255, 255, 255, 255, 255, 255]),
        wantRaw([0, 32, 0, 0, 0, 0, 0, 0]),
        want(HEALTHY_TOPIC, Number.MAX_SAFE_INTEGER),
        wantRaw([1]),
        wire.command(COMMAND.want, new Uint8Array(8)),
        want("x".repeat(500), 1),
      ][index % 6] ?? ping, 6);
    return attack.flood({
      hello: sessionHello,
      next: (round) => all.subarray(round % 2 === 0 ? 0 : 30),
      connections: 20,
    });
  },
  "repeated replay": (attack) => {
    const again = many(() => want(HEAVY_TOPIC, 1), 20);
    return attack.flood({ hello: sessionHello, next: () => again, connections: 4 });
  },
  "DROP, WANT and replay": (attack) => {
    const again = many(() => joined([drop(HEAVY_TOPIC), want(HEAVY_TOPIC, 1)]), 20);
    return attack.flood({ hello: sessionHello, next: () => again, connections: 4 });
  },
  "replay at 200 connections": (attack) => {
    const hello = joined([sessionHello, want(HEAVY_TOPIC, 1), want(HEALTHY_TOPIC, 1)]);
    const next = async (round: number) => {
      await attack.rest(500);
      return round === 0 ? ping : undefined;
    };
    return attack.flood({ hello, next, connections: 200 });
  },
  "connect and disconnect": (attack) =>
    attack.flood({ hello: new Uint8Array([255]), next: () => undefined, connections: 20 }),
  "subscribe and disconnect": (attack) => {
    const hello = joined([plainHello, subscribe("")]);
    return attack.flood({ hello, next: () => undefined, connections: 20 });
  },
  "malformed greetings": (attack) =>
    attack.flood({ hello: noise(64), next: () => noise(64), connections: 20 }),
  "repeated READY of 4 KB": (attack) => {
    const ready = wire.ready("SUB", new Map([["X-Large", "x".repeat(4_000)]]));
    const hello = joined([wire.greeting(), ready]);
    return attack.flood({ hello, next: () => ready, connections: 20 });
  },
  "commands of 64 KB": (attack) => {
    const large = wire.command("X-LARGE", new Uint8Array(64 * 1024));
    return attack.flood({ next: () => large, connections: 20 });
  },
};

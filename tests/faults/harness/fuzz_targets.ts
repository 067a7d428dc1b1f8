import type { FuzzerOptions, HexMessage } from "./fuzzer.ts";
import { httpAddress } from "./metrics.ts";
import type { Rig } from "./rig.ts";
import type { Service } from "./service.ts";

/** Fewer messages where each message needs a new connection. */
const TCP_SHARE = 200;

/** A target of fuzzing and its seed messages. */
export type Target = Omit<FuzzerOptions, "seed"> & { readonly name: string };

/** The sources for {@linkcode fuzzTargets}. */
export interface TargetOptions {
  readonly rig: Rig;
  readonly service: Service;
  /** Seed events. */
  readonly corpus: readonly HexMessage[];
  /** Number of messages per target. */
  readonly count: number;
}

/**
 * Every receiving socket: those of the service, of a subscriber, and those that do not use ZeroMQ.
 */
export function fuzzTargets(options: TargetOptions): Target[] {
  return [...zmqTargets(options), ...tcpTargets(options)];
}

function zmqTargets({ rig, corpus, count }: TargetOptions): Target[] {
  const connect = "connect" as const;
  return [
    {
      name: "PULL",
      type: "PUSH",
      address: `ipc://${rig.socketPath}`,
      role: connect,
      corpus,
      count,
    },
    { name: "SUB", type: "PUB", address: "tcp://127.0.0.1:*", role: "bind", corpus, count },
  ];
}

function tcpTargets({ rig, service, count }: TargetOptions): Target[] {
  const http = httpAddress(service);
  const toHex = (text: string) => Array.from(new TextEncoder().encode(text), hexByte).join("");
  const get = (path: string) => [toHex(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)];
  const greeting = ["ff00000000000000017f0300", toHex("NULL"), "00".repeat(48)];
  const rest = { type: "TCP" as const, role: "connect" as const, count: count / TCP_SHARE };
  const xpub: Target = {
    name: "ZMTP",
    address: `127.0.0.1:${rig.port}`,
    corpus: [greeting],
    ...rest,
  };
  if (http === undefined) return [xpub];
  const corpus = [get("/metrics"), get("/livez"), get("/readyz")];
  return [xpub, { name: "HTTP", address: http, corpus, ...rest }];
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

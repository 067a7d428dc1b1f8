import type { Settings } from "../../contract/option.ts";
import type { DriverContext } from "../../contract/pubsub.ts";
import { inTurns } from "../../contract/next_turn.ts";
import { pause } from "../../contract/waiting.ts";
import type { TlsContext } from "../libssl/context.ts";
import type { PeerIdentity } from "../libssl/session.ts";
import { TlsStream } from "../libssl/stream.ts";
import type { ByteStream } from "../sockets/byte_stream.ts";
import { allowedBy, certificateFault, handshakeFault, type TlsFault } from "../tls/tls_fault.ts";
import type { TlsMaterial } from "../tls/tls_files.ts";
import { WatchedTlsFiles } from "../tls/watched_tls_files.ts";
import { tlsContext } from "./tls_check.ts";
import {
  tls,
  tlsAllowedNodes,
  tlsAllowedPublishers,
  tlsFiles,
  tlsPublisherNames,
  tlsReconnectOnChange,
} from "./tls_options.ts";

/** Maximum pause before the first connection is made again, and between two, in milliseconds. */
const MAX_FIRST_PAUSE_MS = 2_000;
const MAX_PAUSE_MS = 20;

/** TLS of a publisher or a subscriber: its files as they are now, and what it wants of peers. */
export class TransportSecurity implements AsyncDisposable {
  readonly #settings: Settings;
  readonly #side: "publisher" | "subscriber";
  /** Each with a function that judges its peer again. */
  readonly #streams = new Map<TlsStream, () => TlsFault | undefined>();
  readonly #ended = new AbortController();
  #files: WatchedTlsFiles | undefined;
  #reloads: Disposable | undefined;
  #context: TlsContext | undefined;
  #reconnecting: Promise<void> = Promise.resolve();

  /**
   * Reads the files; undefined where `tls` is off.
   *
   * @throws {DriverError} `CONFIG_INVALID` or `FILE_UNUSABLE` if a file is missing or not valid
   */
  static async open(
    { settings, log }: DriverContext,
    side: "publisher" | "subscriber",
  ): Promise<TransportSecurity | undefined> {
    const mode = settings.get(tls);
    if (mode === "off") return undefined;
    const security = new TransportSecurity(settings, side);
    const files = await WatchedTlsFiles.open({
      settings,
      files: tlsFiles,
      use: `this ${side}`,
      log,
      onChange: (material) => security.#change(material),
    });
    try {
      security.#context = tlsContext(settings, files.current, side);
    } catch (error) {
      await files[Symbol.asyncDispose]();
      throw error;
    }
    security.#files = files;
    security.#reloads = settings.onReload?.(() => security.#judgeAgain());
    return security;
  }

  private constructor(settings: Settings, side: "publisher" | "subscriber") {
    this.#settings = settings;
    this.#side = side;
  }

  /** Ends connections of peers whose names are no longer allowed. */
  async #judgeAgain(): Promise<void> {
    await inTurns(this.#streams, ([stream, judge]) => {
      const fault = judge();
      if (fault?.kind === "wrong_name") stream.end(fault.reason);
    });
  }

  /** The end of a publisher of a connection that was accepted. */
  accept(stream: ByteStream): ByteStream {
    return this.#secure(stream, "server", (peer) =>
      certificateFault({
        ...judged(peer),
        purpose: "client",
        allowed: allowedBy(tlsAllowedNodes, this.#settings),
      }));
  }

  /** The end of a subscriber of a connection to the publisher on a host. */
  connect(stream: ByteStream, host: string): ByteStream {
    return this.#secure(stream, "client", (peer) =>
      certificateFault({
        ...judged(peer),
        purpose: "server",
        host,
        hostNames: this.#settings.get(tlsPublisherNames),
        allowed: allowedBy(tlsAllowedPublishers, this.#settings),
      }));
  }

  #secure(
    stream: ByteStream,
    side: "client" | "server",
    faultOf: (peer: PeerIdentity) => TlsFault | undefined,
  ): ByteStream {
    const secured = new TlsStream(stream, {
      context: this.#context as TlsContext,
      side,
      judge: (peer) => {
        const judge = () => faultOf(peer);
        this.#streams.set(secured, judge);
        return judge();
      },
      explain: handshakeFault,
      onClosed: () => this.#streams.delete(secured),
    });
    this.#streams.set(secured, () => undefined);
    return secured;
  }

  #change(material: TlsMaterial): void {
    const context = tlsContext(this.#settings, material, this.#side);
    this.#context?.[Symbol.dispose]();
    this.#context = context;
    if (!this.#settings.get(tlsReconnectOnChange)) return;
    this.#reconnecting = this.#reconnecting.then(() => this.#reconnect([...this.#streams.keys()]));
  }

  /** Ends connections one by one: subscribers connect again, and resume. */
  async #reconnect(streams: readonly TlsStream[]): Promise<void> {
    const { signal } = this.#ended;
    const shuffled = streams.map((stream) => ({ stream, at: Math.random() }))
      .sort((one, other) => one.at - other.at);
    await pause(Math.random() * MAX_FIRST_PAUSE_MS, signal);
    for (const { stream } of shuffled) {
      if (signal.aborted) return;
      stream.end("the certificates have changed");
      await pause(Math.random() * MAX_PAUSE_MS, signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reloads?.[Symbol.dispose]();
    this.#ended.abort();
    await this.#reconnecting;
    await this.#files?.[Symbol.asyncDispose]();
    this.#context?.[Symbol.dispose]();
    this.#context = undefined;
  }
}

function judged({ certificate, fault }: PeerIdentity) {
  return { der: certificate, error: fault, now: Date.now() };
}

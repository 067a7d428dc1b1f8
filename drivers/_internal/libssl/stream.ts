import { inNextTurn } from "../../contract/next_turn.ts";
import { type ByteStream, ENDED, type StreamEvents } from "../sockets/byte_stream.ts";
import { HandshakeTurn } from "./handshake_turn.ts";
import { PlainBytes } from "./plain_bytes.ts";
import { RecordOverhead } from "./record_overhead.ts";
import { TlsSession } from "./session.ts";
import type { TlsStreamOptions } from "./stream_options.ts";
import { Unsent } from "./unsent.ts";

/** Maximum size of one write, in bytes. Bytes that the stream below does not take are kept. */
const MAX_WRITE_BYTES = 128 * 1024;
const HANDSHAKE_RECORD = 0x16;
/** Maximum number of reads from the stream below before another connection's turn. */
const MAX_READS = 4;
/** What is read from any connection, and what any writes, before another connection's turn. */
const incoming = new Uint8Array(64 * 1024);
const outgoing = new Uint8Array(2 * MAX_WRITE_BYTES);

/**
 * TLS over another stream.
 *
 * A peer that is not accepted completes the handshake, and {@linkcode TlsStream.fault} says why: the
 * owner sends it the reason and closes. One that does not begin with TLS gets it in plain bytes.
 */
export class TlsStream implements ByteStream {
  fault: ByteStream["fault"];
  readonly #under: ByteStream;
  readonly #options: TlsStreamOptions;
  readonly #session: TlsSession;
  #events: StreamEvents | undefined;
  #state: "first" | "handshake" | "open" | "plain" | "ended" | "closed";
  /** What the session has written and the stream below has not taken. */
  readonly #unsent: Unsent;
  #plain: PlainBytes | undefined;
  readonly #overhead = new RecordOverhead();
  #reason: string | undefined;
  #watched = { reading: true, writing: false };
  #isFinishing = false;
  #isScheduled = false;
  readonly #turn = new HandshakeTurn();

  /** @throws {DriverError} `LIBRARY_UNUSABLE` */
  constructor(under: ByteStream, options: TlsStreamOptions) {
    this.#under = under;
    this.#options = options;
    this.#unsent = new Unsent(under);
    this.#session = new TlsSession(options.context, options.side);
    this.#state = options.side === "server" ? "first" : "handshake";
  }

  get peer(): string {
    return this.#under.peer;
  }

  get endReason(): string {
    return this.#reason || this.#under.endReason;
  }

  get delayedMs(): number {
    return this.#turn.delayedMs;
  }

  get #isShaking(): boolean {
    return this.#state === "first" || this.#state === "handshake";
  }

  start(events: StreamEvents): void {
    this.#events = events;
    this.#under.start({
      onReadable: () => this.#onReadable(),
      onWritable: () => this.#onWritable(),
    });
    if (this.#state === "handshake") this.#shake();
    this.#watchUnder();
  }

  #onReadable(): void {
    if (this.#isShaking) {
      this.#turn.request(this.#state === "first" ? "new" : "begun", () => this.#goOn());
      if (this.#turn.isDue) this.#watchUnder();
    } else if (this.#watched.reading) this.#events?.onReadable();
  }

  /** Takes the next step of the handshake. */
  #goOn(): void {
    if (this.#isShaking) this.#fill();
    this.#shake();
    this.#watchUnder();
    if (this.#isShaking) return;
    if (this.#watched.writing) this.#events?.onWritable();
    if (this.#watched.reading) this.#events?.onReadable();
  }

  #onWritable(): void {
    this.#flush();
    if (this.#unsent.length > 0) return;
    this.#watchUnder();
    if (!this.#isShaking && this.#watched.writing) this.#events?.onWritable();
  }

  /** Reads from the stream below, once. Returns whether there may be more. */
  #fill(): boolean {
    const count = this.#under.receive(incoming);
    if (count === ENDED) this.#end(undefined);
    if (count <= 0) return false;
    if (this.#state === "first" && incoming[0] !== HANDSHAKE_RECORD) {
      this.#state = "plain";
      this.#plain = new PlainBytes(this.#under, incoming.slice(0, count));
      this.fault = { kind: "not_tls", reason: "it does not use TLS, which this port requires" };
      return false;
    }
    if (this.#state === "first") this.#state = "handshake";
    this.#overhead.noteReceived(count);
    this.#session.feed(incoming.subarray(0, count));
    return count === incoming.length;
  }

  #shake(): void {
    if (this.#state !== "handshake") return;
    const result = this.#session.shake();
    this.#take();
    if (result === false || this.#state !== "handshake") return;
    if (result === true) {
      this.fault = this.#options.judge(this.#session.peer);
      this.#state = "open";
      return;
    }
    this.fault = this.#options.explain(result) ??
      { kind: "other", reason: `the TLS handshake failed: ${result}` };
    this.#end(this.fault.reason);
  }

  /** Ends the stream: its owner closes it, with this reason, as if the peer had ended it. */
  end(reason: string): void {
    if (this.#state !== "open") return;
    this.#end(reason);
    this.#readOn();
  }

  #end(reason: string | undefined): void {
    if (this.#isShaking) reason ||= `${this.#under.endReason} during the TLS handshake`;
    this.#reason ||= reason;
    this.#state = "ended";
  }

  receive(into: Uint8Array<ArrayBuffer>): number {
    if (this.#plain !== undefined) return this.#plain.receive(into);
    let count = this.#decrypt(into);
    // Records may hold no data: only a limit on the reads ends this turn.
    for (let reads = 0; reads < MAX_READS && this.#state === "open" && count < into.length;) {
      reads = this.#fill() ? reads + 1 : MAX_READS;
      count += this.#decrypt(into.subarray(count));
    }
    if (count === into.length) this.#readOn();
    return count > 0 || this.#isShaking || this.#state === "open" ? count : ENDED;
  }

  #decrypt(into: Uint8Array<ArrayBuffer>): number {
    if (this.#state !== "open") return 0;
    const count = this.#session.read(into);
    // The peer may have asked for an answer, such as new keys.
    this.#take();
    this.#overhead.noteData(count);
    if (this.#overhead.isExcessive) this.#end("it sends too many records without data");
    return count;
  }

  /** Calls back until the session is read: the socket is not readable for bytes that it holds. */
  #readOn(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    inNextTurn(() => {
      this.#isScheduled = false;
      if (this.#state === "closed" || !this.#watched.reading) return;
      this.#events?.onReadable();
      // The owner may have had no room.
      if (this.#session.mayHold || this.#state === "ended") this.#readOn();
    });
  }

  send(bytes: Uint8Array<ArrayBuffer>): number {
    if (this.#state === "plain") return this.#under.send(bytes);
    if (this.#isShaking || this.#state === "open" && this.#unsent.length > 0) return 0;
    let count = 0;
    const isOpen = () => this.#state === "open" && !this.#unsent.hasEnded;
    while (isOpen() && this.#unsent.length === 0 && count < bytes.length) {
      const part = bytes.subarray(count, count + MAX_WRITE_BYTES);
      this.#session.write(part);
      this.#take();
      count += part.length;
    }
    return isOpen() ? count : ENDED;
  }

  /** Sends what the session has written, and notes its end. */
  #take(): void {
    for (let count; (count = this.#session.output(outgoing)) > 0;) {
      this.#unsent.send(outgoing.subarray(0, count));
      if (count < outgoing.length) break;
    }
    const { ended } = this.#session;
    // In TLS 1.3, a client learns only now that the peer refuses its certificate.
    if (ended) this.fault ??= this.#options.explain(ended);
    if (ended !== undefined) this.#end(ended && `TLS failed: ${ended}`);
    if (this.#unsent.length > 0) this.#watchUnder();
  }

  #flush(): void {
    this.#unsent.flush();
    if (this.#unsent.length === 0 && this.#isFinishing) this.#under.shutdown("outgoing");
  }

  watch(what: { readonly reading: boolean; readonly writing: boolean }): void {
    const isResumed = what.reading && !this.#watched.reading;
    this.#watched = what;
    this.#watchUnder();
    if (isResumed && !this.#isShaking) this.#readOn();
  }

  #watchUnder(): void {
    if (this.#state === "closed") return;
    const { reading, writing } = this.#watched;
    this.#under.watch({
      reading: !this.#turn.isDue && (reading || this.#isShaking),
      writing: this.#unsent.length > 0 || writing && !this.#isShaking,
    });
  }

  unsent(): number {
    return this.#unsent.length + this.#under.unsent();
  }

  shutdown(direction: "incoming" | "outgoing"): void {
    if (direction === "incoming") return this.#under.shutdown(direction);
    if (this.#state === "open") this.#session.finish();
    this.#take();
    this.#isFinishing = true;
    this.#flush();
  }

  close(): void {
    if (this.#state === "closed") return;
    if (this.#state === "open") this.#session.finish();
    this.#take();
    this.#state = "closed";
    this.#under.close();
    this.#session.free();
    this.#options.onClosed();
  }
}

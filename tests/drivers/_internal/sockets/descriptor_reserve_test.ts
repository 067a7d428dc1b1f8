import assert from "node:assert/strict";
import { maxDescriptors } from "../../../../drivers/_internal/sockets/descriptors.ts";
import { ERRNO } from "../../../../drivers/_internal/sockets/errno.ts";
import type { EventLoop, Watched } from "../../../../drivers/_internal/sockets/event_loop.ts";
import { Listener } from "../../../../drivers/_internal/sockets/listener.ts";
import { RecordingLogger } from "../../../support/fakes/recording_logger.ts";

const RESERVED = 64;
const ADDRESS = { family: 2, bytes: new Uint8Array(16) };
const SOCKET = 3;
const FULL =
  "Refusing connections at the port: too many open files: raise LimitNOFILE of the unit, " +
  "or ulimit -n";
const AGAIN = "Accepting connections at the port again";

/**
 * A listener, and a simulated kernel whose accept results a test sets: a descriptor, or a negative
 * errno.
 */
class Subject {
  readonly log = new RecordingLogger();
  readonly taken: number[] = [];
  readonly closed: number[] = [];
  readonly listener: Listener;
  refused = 0;
  isReading = true;
  /** The results of the next eventfd calls; `undefined` means failure. */
  spares: (number | undefined)[] = [10, 11, 12, 13];
  #incoming: number[] = [];
  #watched: Watched | undefined;

  constructor(reservedDescriptors: number) {
    const kernel = {
      socket: () => SOCKET,
      reuseAddress: () => {},
      listen: () => {},
      accept: () => this.#incoming.shift() ?? -ERRNO.again,
      close: (fd: number) => void this.closed.push(fd),
      peerAddress: () => new Uint8Array(),
      eventfd: () => {
        const fd = this.spares.shift();
        if (fd === undefined) throw new Error("too many open files");
        return fd;
      },
    };
    const loop = {
      kernel,
      add: (_: number, watched: Watched) => this.#watched = watched,
      change: (_: number, { reading }: { readonly reading: boolean }) => this.isReading = reading,
      remove: () => {},
    };
    this.listener = new Listener(loop as unknown as EventLoop, ADDRESS, {
      name: "the port",
      log: this.log,
      reservedDescriptors,
      onRefused: () => void this.refused++,
      onStream: ({ fd }) => void this.taken.push(fd),
    });
  }

  accept(...incoming: readonly number[]): void {
    this.#incoming.push(...incoming);
    this.#watched?.onReadable();
  }

  get messages(): string[] {
    return this.log.lines.map(({ message }) => message);
  }
}

Deno.test("Listener keeps its reserve of descriptors free, and accepts again below it", () => {
  const first = maxDescriptors() - Math.min(RESERVED, maxDescriptors() / 4);
  const subject = new Subject(RESERVED);
  subject.accept(first - 1, first, first + 1);
  assert.deepEqual([subject.taken, subject.closed], [[first - 1], [first, first + 1]]);
  assert.equal(subject.refused, 2);
  assert.deepEqual(subject.messages, [FULL]);
  subject.accept(first - 1);
  assert.deepEqual(subject.messages, [FULL, AGAIN]);
  subject.listener.close();
});

Deno.test("Listener reserves a quarter of the descriptors at most", () => {
  const max = maxDescriptors();
  const subject = new Subject(max);
  subject.accept(Math.ceil(max * 3 / 4) - 1, Math.ceil(max * 3 / 4));
  assert.deepEqual([subject.taken.length, subject.refused], [1, 1]);
  subject.listener.close();
});

Deno.test("Listener uses the highest descriptor, when it has no reserve", () => {
  const subject = new Subject(0);
  subject.accept(maxDescriptors() - 1);
  assert.deepEqual([subject.taken.length, subject.messages], [1, []]);
  subject.listener.close();
});

for (const name of ["tooManyFiles", "tooManyFilesInSystem"] as const) {
  Deno.test(`Listener closes a connection with its spare descriptor, when accept returns ${name}`, () => {
    const subject = new Subject(RESERVED);
    subject.accept(-ERRNO[name], 10, -ERRNO[name], 10);
    assert.deepEqual(subject.closed, [10, 10, 11, 10], "the spare, the connection, twice");
    assert.deepEqual([subject.taken, subject.refused, subject.messages], [[], 2, [FULL]]);
    subject.listener.close();
    assert.deepEqual(subject.closed.slice(-2), [SOCKET, 12]);
  });
}

Deno.test("Listener pauses briefly, when it has no descriptor with which to refuse a connection", async () => {
  const subject = new Subject(RESERVED);
  const { setTimeout: original } = globalThis;
  const { promise, resolve } = Promise.withResolvers<void>();
  const rest = (callback: () => void) => original(() => resolve(callback()), 0);
  Object.assign(globalThis, { setTimeout: rest });
  try {
    subject.spares = [];
    // Another thread takes the number of the former spare descriptor.
    subject.accept(-ERRNO.tooManyFiles, -ERRNO.tooManyFiles);
    subject.accept(-ERRNO.tooManyFiles);
    assert.equal(subject.isReading, false);
    await promise;
    assert.equal(subject.isReading, true);
  } finally {
    Object.assign(globalThis, { setTimeout: original });
  }
  subject.spares = [20, 21];
  subject.accept(-ERRNO.tooManyFiles, 20);
  assert.deepEqual(subject.closed, [10, 20, 20]);
  subject.listener.close();
});

Deno.test("Listener continues with the next connection, when one was aborted or a signal arrived", () => {
  const subject = new Subject(RESERVED);
  subject.accept(-ERRNO.connectionAborted, 7, -ERRNO.interrupted, 8);
  assert.deepEqual(subject.taken, [7, 8]);
  subject.accept(-ERRNO.again, 9);
  assert.deepEqual(subject.taken, [7, 8], "no further connection");
  subject.listener.close();
});

Deno.test("Listener accepts 4 connections before it yields", () => {
  const subject = new Subject(0);
  subject.accept(...Array.from({ length: 6 }, (_, index) => index + 20));
  assert.equal(subject.taken.length, 4);
  subject.accept();
  assert.equal(subject.taken.length, 6);
  subject.listener.close();
});

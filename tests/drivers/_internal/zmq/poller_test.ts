import assert from "node:assert/strict";
import { loadLibzmq } from "../../../../drivers/_internal/zmq/libzmq_library.ts";
import { Poller } from "../../../../drivers/_internal/zmq/poller.ts";
import { withoutLeaks } from "../../../support/handles.ts";

const NONBLOCK = 0o4000;
const { symbols } = loadLibzmq();

/** A descriptor that becomes readable when told to, and unreadable when read. */
function signal() {
  const fd = symbols.eventfd(0, NONBLOCK);
  return {
    fd,
    raise: () => symbols.write(fd, new BigUint64Array([1n]), 8n),
    lower: () => symbols.read(fd, new BigUint64Array(1), 8n),
    close: () => symbols.close(fd),
  };
}

Deno.test("Poller tells whose descriptor is readable, added while it polls or before", () =>
  withoutLeaks(async () => {
    const poller = new Poller(symbols);
    const signals = [signal(), signal(), signal()];
    for (const { fd, raise, lower } of signals) {
      const told = Promise.withResolvers<void>();
      poller.watch(fd, () => {
        lower();
        told.resolve();
      });
      raise();
      await told.promise;
    }
    await poller.close();
    for (const { close } of signals) close();
  }));

Deno.test("Poller leaves a descriptor alone, when it is no longer watched", () =>
  withoutLeaks(async () => {
    const poller = new Poller(symbols);
    const [gone, kept] = [signal(), signal()];
    const told = Promise.withResolvers<void>();
    poller.watch(gone.fd, () => assert.fail("told of what is not watched"));
    poller.watch(kept.fd, () => {
      kept.lower();
      told.resolve();
    });
    const unwatched = poller.unwatch([gone.fd]);
    gone.raise();
    await unwatched;
    kept.raise();
    await told.promise;
    await poller.unwatch([kept.fd]);
    await poller.close();
    for (const { close } of [gone, kept]) close();
  }));

Deno.test("Poller watches again, when it had nothing left to watch", () =>
  withoutLeaks(async () => {
    const poller = new Poller(symbols);
    const one = signal();
    for (let round = 0; round < 3; round++) {
      const told = Promise.withResolvers<void>();
      poller.watch(one.fd, () => {
        one.lower();
        told.resolve();
      });
      one.raise();
      await told.promise;
      await poller.unwatch([one.fd]);
    }
    await poller.close();
    one.close();
  }));

Deno.test("Poller tells of a descriptor that was paused, once it is to again", () =>
  withoutLeaks(async () => {
    const poller = new Poller(symbols);
    const [paused, other] = [signal(), signal()];
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let isPaused = true;
    poller.watch(paused.fd, () => {
      assert(!isPaused, "told of what is paused");
      paused.lower();
      second.resolve();
    });
    poller.watch(other.fd, () => {
      other.lower();
      first.resolve();
    });
    poller.pause(paused.fd);
    paused.raise();
    assert(poller.isReadable(paused.fd, 0));
    assert(!poller.isReadable(other.fd, 1));
    other.raise();
    await first.promise;
    isPaused = false;
    poller.resume(paused.fd);
    await second.promise;
    await poller.unwatch([paused.fd, other.fd]);
    await poller.close();
    for (const { close } of [paused, other]) close();
  }));

Deno.test("Poller closes at once, when it never watched anything", () =>
  withoutLeaks(() => new Poller(symbols).close()));

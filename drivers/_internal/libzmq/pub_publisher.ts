import { DriverError } from "../../contract/errors.ts";
import { publisherBindAddress, publisherPort, publisherTransport } from "../../contract/options.ts";
import type { Settings } from "../../contract/option.ts";
import type { DriverContext, FramePublisher } from "../../contract/pubsub.ts";
import type { WaitOptions } from "../../contract/waiting.ts";
import type { ConnectionEvent } from "./monitor.ts";
import { SendingEnd } from "./sending_end.ts";
import { SOCKET_TYPE } from "./zmq_h.ts";

/** A bound PUB socket. For a subscriber whose queue is full libzmq drops frames, and says nothing. */
export class PubPublisher extends SendingEnd implements FramePublisher {
  readonly address: string;

  static open(context: DriverContext): Promise<PubPublisher> {
    return Promise.resolve().then(() => new PubPublisher(context));
  }

  private constructor(context: DriverContext) {
    const address = bindAddress(context.settings);
    super(context, { type: SOCKET_TYPE.pub, address, action: "bind" });
    this.address = this.socket.lastEndpoint();
  }

  async send(topic: string, payload: Uint8Array, { signal }: WaitOptions = {}): Promise<void> {
    await Promise.resolve(signal?.throwIfAborted());
    this.trySend(topic, payload);
  }

  protected onConnection({ kind, address }: ConnectionEvent): void {
    if (kind === "ready") this.health.publish({ kind: "peer-joined", address });
    if (kind === "closed") this.health.publish({ kind: "peer-left", address });
  }
}

/**
 * Where the publisher is bound.
 *
 * @throws {DriverError} `ADDRESS_INVALID` for a transport other than tcp
 */
export function bindAddress(settings: Settings): string {
  const transport = settings.get(publisherTransport);
  if (transport !== "tcp") {
    const message = `Cannot publish by "${transport}": wanted tcp`;
    throw new DriverError("ADDRESS_INVALID", message);
  }
  const host = settings.get(publisherBindAddress);
  const port = settings.get(publisherPort);
  const bracketed = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return `tcp://${bracketed}:${port === 0 ? "*" : port}`;
}

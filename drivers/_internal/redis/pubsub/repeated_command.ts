import type { Buffer } from "node:buffer";
import { Command, type Redis } from "ioredis";

/** Receives a reply of the server: undefined unless it is an error. */
type OnAnswer = (error: Error | undefined) => void;

/**
 * Any number of commands in one object. ioredis sends the object once per command, of which the
 * first time writes all of them, and gives it every reply.
 *
 * ioredis creates an object, a promise and a buffer for each command, even in a pipeline, so that a
 * publisher sends less than a fifth as many events. `repeated_command_test.ts` fails if ioredis
 * uses a member of a command that is not overridden here.
 */
export class RepeatedCommand extends Command {
  readonly #bytes: Buffer;
  #isWritten = false;

  constructor(name: string, bytes: Buffer, onAnswer: OnAnswer) {
    super(name);
    this.#bytes = bytes;
    this.resolve = () => onAnswer(undefined);
    this.reject = onAnswer;
  }

  /** All commands the first time, nothing after that. */
  override toWritable(): string | Buffer {
    if (this.#isWritten) return "";
    this.#isWritten = true;
    return this.#bytes;
  }

  /** No timeout of its own: the connection notices a silent server. */
  override setTimeout(): void {}
}

/**
 * Sends the `count` commands of a {@linkcode RepeatedCommand}; if that fails, each reply is an
 * error.
 */
export function sendRepeated(redis: Redis, command: Command, count: number): void {
  const write = (data: string | Buffer) => data.length > 0 && redis.stream.write(data);
  const stream = { isPipeline: true as const, write, destination: { redis } };
  for (let sent = 0; sent < count; sent++) redis.sendCommand(command, stream);
}

import { Buffer } from "node:buffer";

/** One command with its arguments. */
export type RedisCommand = readonly (string | Uint8Array)[];

/** Number of commands per write. */
const BLOCK = 256;

/**
 * Sends a command `times` times, as fast as the server accepts it, over its own connection and
 * without reading replies. This is the load for receiving ends. `redis-benchmark` cannot be that
 * load, because it ends every payload at the first zero byte.
 * @param times a multiple of 256
 */
export async function feed(port: number, command: RedisCommand, times: number): Promise<void> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const answers = drain(connection);
  const block = Buffer.concat(Array<Buffer>(BLOCK).fill(encode(command)));
  for (let sent = 0; sent < times; sent += BLOCK) await writeAll(connection, block);
  // The server executes everything sent before it sees the end of the stream.
  await connection.closeWrite();
  await answers;
}

function encode(command: RedisCommand): Buffer {
  const args = command.map((arg) => Buffer.from(arg));
  const parts = args.flatMap((
    arg,
  ) => [Buffer.from(`$${arg.length}\r\n`), arg, Buffer.from("\r\n")]);
  return Buffer.concat([Buffer.from(`*${args.length}\r\n`), ...parts]);
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await connection.write(bytes.subarray(written));
  }
}

/** The server would stop executing commands if nothing read its replies. */
async function drain(connection: Deno.Conn): Promise<void> {
  const bytes = new Uint8Array(64 * 1024);
  while (await connection.read(bytes) !== null);
}

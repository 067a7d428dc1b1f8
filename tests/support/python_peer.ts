import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { inTime } from "./in_time.ts";
import { linesOf } from "./lines.ts";
import { untilStopped } from "./stopped_process.ts";

const PYTHON = "/usr/bin/python3";
const SCRIPT = fileURLToPath(new URL("./peer.py", import.meta.url));
const TIMEOUT_MS = 30_000;
const silent = () => `the peer said nothing for ${TIMEOUT_MS} ms`;

/** Options for {@linkcode startPythonPeer}. */
export interface PeerSpec {
  readonly type: "PUB" | "SUB" | "PUSH" | "PULL" | "DEALER";
  readonly role: "bind" | "connect";
  readonly address: string;
  /** Socket options by their name in zmq.h, without the prefix: `{ SNDHWM: 10 }`. */
  readonly options?: Readonly<Record<string, number>>;
}

/** A message that the peer received. */
export interface PeerMessage {
  /** Each frame in hexadecimal. */
  readonly frames: readonly string[];
  /** The document of the second frame, in either format, or null. */
  readonly decoded: unknown;
}

/** A ZeroMQ socket in a Python process. Disposing kills the process. */
export interface PythonPeer extends AsyncDisposable {
  /** The address, with the actual port. */
  readonly address: string;
  /** Sends the peer one command (see `peer.py`) and resolves with its reply. */
  order(command: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
  /** Returns the next message that the peer received. */
  message(): Promise<PeerMessage>;
  /** Lets the peer send its queued messages and then end. */
  finish(): Promise<void>;
  /** Sends the process a signal. */
  kill(signal: Deno.Signal): void;
  /** Stops the process by `SIGSTOP`. Resolves when it does nothing more. */
  freeze(): Promise<void>;
}

/** Starts a peer and waits until it has bound or begun to connect. */
export async function startPythonPeer(spec: PeerSpec): Promise<PythonPeer> {
  await requirePython();
  const options = Object.entries(spec.options ?? {}).map(([name, value]) => `${name}=${value}`);
  const child = new Deno.Command(PYTHON, {
    args: [SCRIPT, spec.type, spec.role, spec.address, ...options],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const peer = new ChildPeer(child);
  try {
    await peer.start();
    return peer;
  } catch (error) {
    await peer[Symbol.asyncDispose]();
    throw error;
  }
}

let found: Promise<void> | undefined;

function requirePython(): Promise<void> {
  found ??= checkPython();
  return found;
}

async function checkPython(): Promise<void> {
  const check = new Deno.Command(PYTHON, { args: ["-c", "import zmq, msgpack"], stderr: "null" });
  const code = await check.output().then((output) => output.code, () => -1);
  const install = "apt-get install python3 python3-zmq python3-msgpack";
  assert.equal(code, 0, `${PYTHON} has no zmq and msgpack, install them: ${install}`);
}

type Line = Readonly<Record<string, unknown>>;

class ChildPeer implements PythonPeer {
  address = "";
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncGenerator<string, undefined>;
  readonly #messages: PeerMessage[] = [];
  readonly #answers: Line[] = [];

  constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#input = child.stdin.getWriter();
    this.#lines = linesOf(child.stdout);
  }

  async start(): Promise<void> {
    const { ready } = await this.#answer();
    assert(typeof ready === "string", "the peer did not get ready");
    this.address = ready;
  }

  async order(command: Line): Promise<Line> {
    await this.#input.write(new TextEncoder().encode(JSON.stringify(command) + "\n"));
    const answer = await this.#answer();
    assert(!("error" in answer), `the peer could not ${command["do"]}: ${answer["error"]}`);
    return answer;
  }

  async message(): Promise<PeerMessage> {
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) return message;
      await this.#readLine();
    }
  }

  async #answer(): Promise<Line> {
    for (;;) {
      const answer = this.#answers.shift();
      if (answer !== undefined) return answer;
      await this.#readLine();
    }
  }

  async #readLine(): Promise<void> {
    const text = (await inTime(this.#lines.next(), TIMEOUT_MS, silent)).value;
    assert(text !== undefined, "the peer has ended");
    const line: Line = JSON.parse(text);
    const frames = line["frames"];
    if (Array.isArray(frames)) this.#messages.push({ frames, decoded: line["decoded"] });
    else this.#answers.push(line);
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  async freeze(): Promise<void> {
    this.kill("SIGSTOP");
    await untilStopped(this.#child.pid);
  }

  async finish(): Promise<void> {
    await this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#killIfRunning();
    await this.#end();
  }

  async #end(): Promise<void> {
    await this.#input.close().catch(() => {});
    while (!(await this.#lines.next()).done);
    await this.#child.status;
  }

  #killIfRunning(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // The process has ended by itself.
    }
  }
}

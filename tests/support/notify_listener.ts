import { OutputText } from "./output_text.ts";

// Prints each datagram as one line of JSON. The socket is Python's, so that an independent
// implementation reads it.
const LISTEN = `
import json, socket, sys
path = sys.argv[1]
end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
end.bind("\\0" + path[1:] if path.startswith("@") else path)
print("bound", flush=True)
while True:
    print(json.dumps(end.recv(65536).decode()), flush=True)
`;

/** The receiving end of a service manager's socket, in its own process. */
export class NotifyListener implements AsyncDisposable {
  readonly output: OutputText;
  readonly #child: Deno.ChildProcess;

  /** @param address a path, or `@` and a name in the abstract namespace */
  static async open(address: string): Promise<NotifyListener> {
    const listener = new NotifyListener(address);
    await listener.output.waitFor(/^bound$/m);
    return listener;
  }

  private constructor(address: string) {
    this.#child = new Deno.Command("/usr/bin/python3", {
      args: ["-c", LISTEN, address],
      stdout: "piped",
    }).spawn();
    this.output = new OutputText("the service manager", this.#child.stdout);
  }

  /** The texts so far, one per datagram. */
  get texts(): string[] {
    return this.output.lines.slice(1).map((line) => JSON.parse(line));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.output.ended;
  }
}

import { OutputText } from "./output_text.ts";

// Each datagram as one line of JSON, from a socket that the kernel and Python know as such.
const LISTEN = `
import json, socket, sys
path = sys.argv[1]
end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
end.bind("\\0" + path[1:] if path.startswith("@") else path)
print("bound", flush=True)
while True:
    print(json.dumps(end.recv(65536).decode()), flush=True)
`;

/** The receiving end of a service manager's socket, in a process of its own. */
export class NotifyListener implements AsyncDisposable {
  readonly output: OutputText;
  readonly #child: Deno.ChildProcess;

  /** @param address a path, or a name in the abstract namespace after an `@` */
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

  /** What was told so far, one text a datagram. */
  get told(): string[] {
    return this.output.lines.slice(1).map((line) => JSON.parse(line));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.output.ended;
  }
}

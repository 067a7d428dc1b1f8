// One attacker at full speed. Argument: the port. Each line of its input names an attack and its
// duration in seconds, as JSON. It prints the totals of each attack when that is over.
import { Attack } from "../harness/attack.ts";
import { linesOf } from "../../support/lines.ts";
import { attacks } from "../harness/attacks.ts";

const [port = ""] = Deno.args;
for await (const line of linesOf(Deno.stdin.readable)) {
  const { name, seconds }: { name: string; seconds: number } = JSON.parse(line);
  console.log(JSON.stringify(await totalsOf(name, seconds)));
}
Deno.exit(0);

async function totalsOf(name: string, seconds: number) {
  using attack = new Attack(Number(port), seconds);
  await attacks[name]?.(attack);
  return attack.done;
}

// One attacker at full speed. Arguments: the port, the name of an attack, and the duration in
// seconds. It prints its totals at the end.
import { attacks } from "../harness/attacks.ts";
import { Attack } from "../harness/attack.ts";

const [port = "", name = "", seconds = ""] = Deno.args;
const attack = new Attack(Number(port), Number(seconds));
await attacks[name]?.(attack);
console.log(JSON.stringify(attack.done));
Deno.exit(0);

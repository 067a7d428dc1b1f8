import { decode, encode } from "@msgpack/msgpack";
import { decodeUpdate } from "../service/event/codec/decode.ts";
import { encodeUpdate } from "../service/event/codec/encode.ts";
import { PayloadChecker } from "../service/event/codec/payload_checker.ts";
import { dbUpdate } from "../service/event/db_update.ts";

/** An event of about 250 bytes, like a port's: the row as JSON text. */
const EVENT = dbUpdate({
  table: "lport",
  key: "6f9f3e1a-0c59-4c4b-9a5e-4d0e5a1f0001",
  action: "create",
  value: JSON.stringify({
    id: "6f9f3e1a-0c59-4c4b-9a5e-4d0e5a1f0001",
    macs: ["fa:16:3e:00:00:01"],
    ips: ["10.0.0.1"],
    lswitch: "net-1",
    chassis: "compute-1",
    mtu: 1450,
  }),
  timestamp: 0,
});

const FIELDS = { table: "", key: "", action: "", value: "", topic: "" };
const PLAIN = Object.fromEntries(
  Object.entries(EVENT).filter(([name]) => Object.hasOwn(FIELDS, name)),
);

for (const format of ["map", "json"] as const) {
  const payload = encodeUpdate(EVENT, format);
  const checker = new PayloadChecker();
  const group = `${format}, ${payload.length} bytes`;
  Deno.bench(`check ${format}`, { group, baseline: true }, () => checker.check(payload));
  Deno.bench(`decode ${format}`, { group }, () => void decodeUpdate(payload, "D"));
  Deno.bench(`encode ${format}`, { group }, () => void encodeUpdate(EVENT, format));
}

const peer = encode(PLAIN);
const group = "peer: @msgpack/msgpack, map, no checks of an event";
Deno.bench("decode by the library", { group, baseline: true }, () => void decode(peer));
Deno.bench("encode by the library", { group }, () => void encode(PLAIN));

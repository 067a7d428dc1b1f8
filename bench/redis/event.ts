import { encodeUpdate } from "../../service/event/codec/encode.ts";
import { dbUpdate } from "../../service/event/db_update.ts";

/** An event in the `map` format, like a port's, padded to a given size in bytes. */
export function benchEvent(bytes: number): Uint8Array {
  const unfilled = encode("").length;
  return encode("x".repeat(bytes - unfilled));
}

function encode(filling: string): Uint8Array {
  const row = { id: "6f9f3e1a-0c59-4c4b-9a5e-4d0e5a1f0001", ips: ["10.0.0.1"], mtu: 1450, filling };
  const value = JSON.stringify(row);
  return encodeUpdate(dbUpdate({ table: "lport", key: row.id, action: "create", value }), "map");
}

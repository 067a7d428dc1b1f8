import type { NbDbDriver } from "../../drivers/contract/db.ts";
import { DbKeyNotFound } from "../../drivers/contract/errors.ts";
import { parseJson } from "../event/codec/exact_json.ts";
import { jsonText } from "../event/codec/json_text.ts";
import { isJsonObject } from "../event/codec/json_value.ts";
import type { JsonValue } from "../event/db_update.ts";
import { isPublisherAddress } from "./publisher_address.ts";

/**
 * The table with the addresses for TLS of publishers, by their ids. It is a table of its own: services
 * of the original refuse a publishers row with a field that they do not know.
 */
export const PUBLISHER_SECURITY_TABLE = "publisher_security";

/** The addresses at which publishers accept connections with TLS, besides those in their rows. */
export class PublisherSecurity {
  readonly #db: NbDbDriver;

  /** @param db the database of the publishers table */
  constructor(db: NbDbDriver) {
    this.#db = db;
  }

  /** All valid addresses, by the id of the publisher. @throws {DbUnavailable} */
  async addresses(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#db.entries(PUBLISHER_SECURITY_TABLE);
    return new Map(rows.flatMap(({ key, value }) => {
      const address = addressIn(value);
      return address === undefined ? [] : [[key, address]];
    }));
  }

  /** Announces the address of a publisher. @throws {DbUnavailable} */
  async announce(id: string, address: string): Promise<void> {
    const text = `{"id": ${jsonText(id)}, "tls": ${jsonText(address)}}`;
    await this.#db.create(PUBLISHER_SECURITY_TABLE, id, text);
  }

  /** Removes the address of a publisher, if it has one. @throws {DbUnavailable} */
  async remove(id: string): Promise<void> {
    try {
      await this.#db.delete(PUBLISHER_SECURITY_TABLE, id);
    } catch (error) {
      if (!(error instanceof DbKeyNotFound)) throw error;
    }
  }
}

function addressIn(text: string): string | undefined {
  let document: JsonValue;
  try {
    document = parseJson(text);
  } catch {
    return undefined;
  }
  const address = isJsonObject(document) ? document["tls"] : undefined;
  const isUsable = typeof address === "string" && address.startsWith("tls://") &&
    isPublisherAddress(address);
  return isUsable ? address : undefined;
}

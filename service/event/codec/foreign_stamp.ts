import { DriverError } from "../../../drivers/contract/errors.ts";
import { decodeUpdate } from "./decode.ts";

/**
 * Refuses an event that goes out without a stamp of its publisher's and has one from its sender: it
 * would be taken for an event of whoever that names.
 *
 * @throws {DriverError} `FRAME_TOO_LARGE`, since with the publisher's stamp it would be
 */
export function refuseForeignStamp(payload: Uint8Array): void {
  const { origin } = decodeUpdate(payload, "", { maxBytes: payload.length });
  if (origin === undefined) return;
  throw new DriverError(
    "FRAME_TOO_LARGE",
    `An event of ${payload.length} bytes has a stamp of ${origin.publisher}, and no room for another`,
  );
}

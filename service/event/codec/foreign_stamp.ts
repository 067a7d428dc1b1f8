import { DriverError } from "../../../drivers/contract/errors.ts";
import { decodeUpdate } from "./decode.ts";

/**
 * Refuses an event that carries its sender's stamp and is too large for this publisher's own.
 * Subscribers would attribute it to the publisher that the stamp names.
 *
 * @throws {DriverError} `FRAME_TOO_LARGE`
 */
export function refuseForeignStamp(payload: Uint8Array): void {
  const { origin } = decodeUpdate(payload, "", { maxBytes: payload.length });
  if (origin === undefined) return;
  throw new DriverError(
    "FRAME_TOO_LARGE",
    `An event of ${payload.length} bytes carries a stamp of publisher ${origin.publisher}, and another stamp does not fit`,
  );
}

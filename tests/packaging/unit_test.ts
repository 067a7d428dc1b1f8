import assert from "node:assert/strict";
import { EXIT } from "../../cli/exit_code.ts";

const UNIT = new URL("../../packaging/files/df-pubsub.service", import.meta.url);

Deno.test("the unit restarts a service that failed, but none with a wrong configuration", async () => {
  const unit = await Deno.readTextFile(UNIT);
  assert.match(unit, /^Restart=on-failure$/m);
  assert.match(unit, new RegExp(`^RestartPreventExitStatus=${EXIT.usage}$`, "m"));
});

import assert from "node:assert/strict";
import { identified } from "../../service/publisher_service_options.ts";
import { OWN_ID, serviceParts } from "../support/service_fixture.ts";

// From Python's uuid.uuid5(uuid.NAMESPACE_DNS, "controller.example.com").
const CONTROLLER_ID = "975ba0f4-e4b5-5e8a-9501-f23d9b9abca6";

Deno.test("identified makes the id from the host's name, when the option host is empty", async () => {
  assert.equal((await identified(await serviceParts())).ownId, OWN_ID);
});

Deno.test("identified makes the id from the option host, when it is set", async () => {
  const parts = await serviceParts({ "DEFAULT.host": "controller.example.com" });
  assert.equal((await identified(parts)).ownId, CONTROLLER_ID);
});

import assert from "node:assert/strict";
import { identified } from "../../../service/controller/publisher_service_options.ts";
import { publisherId } from "../../../service/publishers/publisher_id.ts";
import { OWN_ID, serviceParts } from "../../support/service_fixture.ts";

// Python's uuid.uuid5(uuid.NAMESPACE_DNS, "controller.example.com").
const CONTROLLER_ID = "975ba0f4-e4b5-5e8a-9501-f23d9b9abca6";

Deno.test("identified derives the id from the host's name, whatever the option host is", async () => {
  assert.equal((await identified(await serviceParts())).ownId, OWN_ID);
  const parts = await serviceParts({ "DEFAULT.host": "controller.example.com" });
  assert.equal((await identified(parts)).ownId, OWN_ID);
});

Deno.test("identified derives the id from publisher_id_name, when it is set", async () => {
  const parts = await serviceParts({ "df.publisher_id_name": "controller.example.com" });
  assert.equal((await identified(parts)).ownId, CONTROLLER_ID);
});

Deno.test("identified derives the id from the option host, when publisher_id_name refers to it", async () => {
  const parts = await serviceParts({
    "DEFAULT.host": "controller.example.com",
    "df.publisher_id_name": "${DEFAULT.host}",
  });
  assert.equal((await identified(parts)).ownId, CONTROLLER_ID);
});

Deno.test("identified knows the ids of the original and of earlier runs on this host", async () => {
  const parts = await serviceParts({ "DEFAULT.host": "controller.example.com" });
  assert.deepEqual(
    [...(await identified(parts)).hostIds].sort(),
    [
      OWN_ID,
      CONTROLLER_ID,
      // Python's uuid.uuid5 of "MainProcess." followed by the names.
      "717f2d44-9945-54fb-a0f9-83d142f077c7",
      await publisherId("MainProcess.node.example.com"),
    ].sort(),
  );
});

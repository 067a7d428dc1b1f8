import assert from "node:assert/strict";
import { publisherId } from "../../../service/publishers/publisher_id.ts";

// Recorded from Python: str(uuid.uuid5(uuid.NAMESPACE_DNS, name)).
const RECORDED = [
  ["controller.example.com", "975ba0f4-e4b5-5e8a-9501-f23d9b9abca6"],
  ["MainProcess.controller.example.com", "717f2d44-9945-54fb-a0f9-83d142f077c7"],
  ["localhost", "cd8f5f9f-e3e8-569f-87ef-f03c6cfc29bc"],
  ["", "4ebd0208-8328-5d69-8c44-ec50939c0967"],
  ["Controller.Example.com", "e168cd78-1f6b-5f89-b4b6-807d155015f5"],
  ["höst.example", "19bb630f-20bf-5efc-ad71-d31788cc18ca"],
  ["節点-1", "6ac481cd-84c4-51bb-8e0e-c72b780791ef"],
  ["a".repeat(300), "39aaf90c-2a5a-5781-93dc-08baea928201"],
] as const;

for (const [name, id] of RECORDED) {
  Deno.test(`publisherId equals Python's uuid5, when the host is "${name.slice(0, 40)}"`, async () => {
    assert.equal(await publisherId(name), id);
  });
}

import assert from "node:assert/strict";
import { setUpNbApi } from "../../support/nb_api_fixture.ts";

Deno.test("NbApi refuses a topic or a signal that is not in an object, and writes nothing", async () => {
  await using fixture = await setUpNbApi();
  const { api } = fixture;
  const topic = "t" as never;
  const wrong = {
    name: "TypeError",
    message: 'NbApi "options": string, wanted an object such as { topic: "a" }',
  };
  await assert.rejects(api.create("lport", "p", "{}", topic), wrong);
  await assert.rejects(api.set("lport", "p", "{}", topic), wrong);
  await assert.rejects(api.delete("lport", "p", topic), wrong);
  await assert.rejects(api.republish("lport", "p", topic), wrong);
  await assert.rejects(api.get("lport", "p", topic), wrong);
  await assert.rejects(api.getAll("lport", topic), wrong);
  assert.deepEqual(await api.getAll("lport"), []);
  const signal = AbortSignal.abort() as never;
  assert.throws(() => api.changes(signal), /^TypeError: NbApi.changes "options": AbortSignal, /);
  const controller = { signal: new AbortController() } as never;
  assert.throws(() => api.changes(controller), /"signal": AbortController, wanted an AbortSignal$/);
  await assert.rejects(api.ready(500 as never), /^TypeError: NbApi.ready "options": number, /);
  const late = { timeoutMs: "5" } as never;
  await assert.rejects(api.ready(late), /NbApi.ready "timeoutMs": string, wanted a number$/);
  const applied = api.applied(undefined as never, { nodes: "all" });
  await assert.rejects(applied, /^TypeError: NbApi.applied "position": undefined, wanted /);
});

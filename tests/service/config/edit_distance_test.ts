import assert from "node:assert/strict";
import { didYouMean, editDistance, nearest } from "../../../service/config/edit_distance.ts";

Deno.test("editDistance counts single changes, when texts differ", () => {
  assert.equal(editDistance("", ""), 0);
  assert.equal(editDistance("", "abc"), 3);
  assert.equal(editDistance("abc", ""), 3);
  assert.equal(editDistance("kitten", "sitting"), 3);
  assert.equal(editDistance("saturday", "sunday"), 3);
});

Deno.test("editDistance counts one change, when neighbouring characters are swapped", () => {
  assert.equal(editDistance("publisher_prot", "publisher_port"), 1);
  assert.equal(editDistance("ab", "ba"), 1);
});

Deno.test("nearest ignores case and returns the first, when candidates are equally near", () => {
  assert.equal(nearest("LOCAL_PI", ["remote_ip", "local_ip"]), "local_ip");
  assert.equal(nearest("cat", ["bat", "rat"]), "bat");
});

Deno.test("nearest is undefined, when no candidate is near enough", () => {
  assert.equal(nearest("xyz", ["publisher_port", "abc"]), undefined);
  assert.equal(nearest("anything", []), undefined);
});

Deno.test("didYouMean is empty, when no candidate is near", () => {
  assert.equal(didYouMean("porrt", ["port"]), '; did you mean "port"?');
  assert.equal(didYouMean("zzz", ["port"]), "");
});

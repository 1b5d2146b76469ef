import assert from "node:assert/strict";
import fc from "fast-check";
import { ChatBoxError } from "../../src/core/mod.ts";
import {
  compareSnowflakes,
  isSnowflake,
  latest,
  type Snowflake,
  snowflake,
  snowflakeTime,
} from "../../src/discord/snowflake.ts";

const any = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => value.toString() as Snowflake);

Deno.test("[X9] snowflake decodes what it encodes, to the last digit", () => {
  fc.assert(fc.property(any, (value) => assert.equal(snowflake.decode(snowflake.encode(value)), value)));
  assert.equal(snowflake.encode("18446744073709551615" as Snowflake), "18446744073709551615");
});

Deno.test("[X9] snowflake refuses numbers and what is none", () => {
  assert.throws(() => snowflake.encode(1234567890123456789 as unknown as Snowflake), TypeError);
  for (const text of ["", "01", "-1", "1.5", "abc", "123456789012345678901"]) {
    assert.equal(isSnowflake(text), false);
    assert.throws(
      () => snowflake.decode(text),
      (error) => error instanceof ChatBoxError && error.code === "bad_id",
    );
  }
});

Deno.test("compareSnowflakes orders as the numbers do", () => {
  fc.assert(fc.property(any, any, (a, b) => {
    const expected = BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
    assert.equal(Math.sign(compareSnowflakes(a, b)), expected);
  }));
});

Deno.test("latest gives the last of some ids", () => {
  assert.equal(latest(undefined, "9" as Snowflake, "10" as Snowflake), "10");
  assert.equal(latest(undefined), undefined);
});

Deno.test("snowflakeTime reads the time that Discord's documentation gives for its example", () => {
  // https://discord.com/developers/docs/reference#snowflakes
  assert.equal(snowflakeTime("175928847299117063" as Snowflake), 1462015105796);
});

import assert from "node:assert/strict";
import { unguarded } from "./mention_watch.ts";

const guard = { allowed_mentions: { parse: [] } };

Deno.test("[X1] unguarded sees a message that could ping, however it is sent", () => {
  const content = "Hi";
  for (
    const [method, route, wrap] of [
      ["POST", "/channels/:channel_id/messages", (message: object) => message],
      ["PATCH", "/channels/:channel_id/messages/:message_id", (message: object) => message],
      ["POST", "/channels/:channel_id/threads", (message: object) => ({ name: "x", message })],
      ["POST", "/webhooks/:webhook_id/:webhook_token", (message: object) => message],
      ["PATCH", "/webhooks/:webhook_id/:webhook_token/messages/:message_id", (message: object) => message],
      ["PATCH", "/webhooks/:webhook_id/:webhook_token/messages/@original", (message: object) => message],
      [
        "POST",
        "/interactions/:interaction_id/:interaction_token/callback",
        (data: object) => ({ type: 4, data }),
      ],
    ] as const
  ) {
    assert.deepEqual(unguarded([{ method, route, body: wrap({ content, ...guard }) }]), [], route);
    for (const bad of [{}, { allowed_mentions: { parse: ["everyone"] } }, { allowed_mentions: {} }]) {
      assert.equal(unguarded([{ method, route, body: wrap({ content, ...bad }) }]).length, 1, route);
    }
  }
});

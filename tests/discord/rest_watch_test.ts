import { equal } from "node:assert/strict";
import { routeName } from "../../src/discord/rest/rest_watch.ts";

Deno.test("routeName leaves out ids, tokens and queries", () => {
  const id = "1234567890123456789";
  for (
    const [route, name] of [
      [`/channels/${id}/messages?after=${id}&limit=100`, "/channels/:id/messages"],
      [
        `/channels/${id}/messages/${id}/reactions/%F0%9F%91%8D/@me`,
        "/channels/:id/messages/:id/reactions/:emoji/@me",
      ],
      [`/webhooks/${id}/aS3cret-token?wait=true`, "/webhooks/:id/:token"],
      [`/interactions/${id}/aS3cret/callback`, "/interactions/:id/:token/callback"],
      ["/gateway/bot", "/gateway/bot"],
    ] as const
  ) equal(routeName(route), name);
});

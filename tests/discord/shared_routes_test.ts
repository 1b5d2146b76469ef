import assert from "node:assert/strict";
import { sharedLimit } from "../../src/discord/rest/shared_routes.ts";

Deno.test("sharedLimit names one limit for what differs only in thread, message or member", () => {
  for (
    const [method, route, limit] of [
      ["POST", "/channels/1/threads", "POST /channels/1/threads"],
      ["GET", "/channels/1/threads/archived/public?limit=100", "GET /channels/1/threads/archived/public"],
      ["GET", "/guilds/1/threads/active", "GET /guilds/1/threads/active"],
      ["GET", "/guilds/1/members/2", "GET /guilds/1/members/x"],
      ["POST", "/webhooks/1/abc?wait=true&thread_id=2", "POST /webhooks/1/abc"],
      ["PATCH", "/webhooks/1/abc/messages/2?thread_id=3", "PATCH /webhooks/1/abc/messages/x"],
      ["DELETE", "/webhooks/1/abc/messages/2?thread_id=3", "DELETE /webhooks/1/abc/messages/x"],
    ] as const
  ) assert.equal(sharedLimit(method, route), limit);
});

Deno.test("sharedLimit knows none for what one thread, or one command, has by itself", () => {
  for (
    const [method, route] of [
      ["POST", "/channels/1/messages"],
      ["GET", "/channels/1/messages?after=2&limit=100"],
      ["PATCH", "/channels/1/messages/2"],
      ["DELETE", "/channels/1/messages/2"],
      ["PUT", "/channels/1/messages/2/reactions/x/@me"],
      ["PATCH", "/channels/1"],
      ["POST", "/channels/1/typing"],
      ["GET", "/channels/1/webhooks"],
      ["POST", "/interactions/1/abc/callback"],
      ["PATCH", "/webhooks/1/abc/messages/@original"],
    ] as const
  ) assert.equal(sharedLimit(method, route), undefined, route);
});

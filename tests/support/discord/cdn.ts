/**
 * Attachment URLs: signed, and expired after a day.
 *
 * @see https://docs.discord.com/developers/reference#signed-attachment-cdn-urls
 */
import { createHmac } from "node:crypto";
import type { World } from "./world.ts";

/** How long a URL works from when it was rendered. */
const URL_LIFETIME_S = 24 * 60 * 60;

/**
 * @param world where
 * @param path below the CDN's origin
 * @returns the URL with `ex`, `is` and `hm`
 */
export function signedUrl(world: World, path: string): string {
  const issued = Math.floor(world.clock.now() / 1000);
  const is = issued.toString(16);
  const ex = (issued + URL_LIFETIME_S).toString(16);
  return `${world.cdnOrigin}${path}?ex=${ex}&is=${is}&hm=${signature(world, path, ex, is)}&`;
}

/**
 * @param world where
 * @param url what was asked for, a path that begins with `/attachments/`
 * @returns the file, or 404 as Discord's CDN gives for what is gone, expired or not signed by it
 */
export function serveAttachment(world: World, url: URL): Response {
  const gone = (): Response => new Response("This content is no longer available.", { status: 404 });
  const ex = url.searchParams.get("ex") ?? "";
  const is = url.searchParams.get("is") ?? "";
  if (url.searchParams.get("hm") !== signature(world, url.pathname, ex, is)) return gone();
  if (Number.parseInt(ex, 16) * 1000 <= world.clock.now()) return gone();
  const [, , channelId = "", id = ""] = url.pathname.split("/");
  const messages = world.messages.get(channelId)?.values() ?? [];
  for (const message of messages) {
    const file = message.attachments.find((attachment) => attachment.id === id);
    const bytes = world.files.get(id);
    if (file === undefined || bytes === undefined) continue;
    // On the simulator's own origin a file must not become a page that acts as the staff.
    const headers = {
      "content-type": file.contentType,
      "content-security-policy": "sandbox; default-src 'none'",
    };
    return new Response(bytes, { headers });
  }
  return gone();
}

function signature(world: World, path: string, ex: string, is: string): string {
  return createHmac("sha256", world.applicationId).update(`${path}|${ex}|${is}`).digest("hex");
}
